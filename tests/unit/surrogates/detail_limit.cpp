// Where outputs stop to carry detail, and transforms at the ends of the numbers.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <dovetail/surrogates/detail_limit.hpp>
#include <dovetail/surrogates/output_transform.hpp>

using namespace dovetail;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}

TEST_CASE("a huge value among ordinary ones is cut off, wherever it came") {
  for (const double penalty : {1e6, 1e12, 1e300, 1.7e308}) {
    CAPTURE(penalty);
    CHECK(detail_limit(std::vector<double>{0.2, 0.5, penalty, 0.1, 0.7, 0.3}, 5) == 0.7);
    CHECK(detail_limit(std::vector<double>{0.2, 0.5, 0.1, 0.7, 0.3, 0.02, penalty}, 5) == 0.7);
    CHECK(detail_limit(std::vector<double>{-penalty, -penalty * (1 - 1e-9), penalty, -penalty * (1 - 2e-9)}, 4) ==
          -penalty * (1 - 2e-9));
  }
}

TEST_CASE("a region of penalties is cut off even where most of the space has them") {
  CHECK(detail_limit(std::vector<double>{1e6, 1e6, 1e6, 1e6, 0.4, 0.39, 0.3}, 5) == 0.4);
}

TEST_CASE("ordinary outputs are whole") {
  CHECK(detail_limit({}, 5) == infinity);
  CHECK(detail_limit(std::vector<double>{3, 3, 3, 3, 3}, 5) == infinity);
  CHECK(detail_limit(std::vector<double>{1, 10, 100, 1e3, 1e4, 1e5}, 6) == infinity);
  // A search that came close: the first five cover the space, the others are its end.
  std::vector<double> close{0.3, 0.8, 0.5, 0.1, 0.6};
  for (int i = 0; i < 20; ++i) close.push_back(std::pow(10.0, -3 - i * 0.3));
  CHECK(detail_limit(close, 5) == infinity);
  // Two values are no spread to compare with.
  CHECK(detail_limit(std::vector<double>{1, 1e9}, 2) == infinity);
}

TEST_CASE("transforms keep order and detail at every scale of numbers") {
  for (const double scale : {1e-300, 1e-200, 1e-30, 1.0, 1e30, 1e200, 1e300}) {
    for (const auto kind : {OutputTransform::Kind::identity, OutputTransform::Kind::log, OutputTransform::Kind::power,
                            OutputTransform::Kind::bilog}) {
      CAPTURE(scale);
      CAPTURE(static_cast<int>(kind));
      std::vector<double> outputs;
      for (const double value : {1.0, 2.0, 3.5, 5.0, 8.0}) outputs.push_back(value * scale);
      const OutputTransform transform = OutputTransform::fit(kind, outputs);
      const OutputTransform plain = OutputTransform::fit(kind, std::vector<double>{1.0, 2.0, 3.5, 5.0, 8.0});
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        const double image = transform.forward(outputs[i]);
        CHECK(std::isfinite(image));
        if (i > 0) CHECK(image > transform.forward(outputs[i - 1]));
        CHECK(image == doctest::Approx(plain.forward(outputs[i] / scale)).epsilon(1e-6));
        CHECK(transform.inverse(image) == doctest::Approx(outputs[i]).epsilon(1e-9));
      }
    }
  }
}
