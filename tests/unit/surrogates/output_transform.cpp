// Output transforms invert, keep order, and the right one is chosen.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <dovetail/surrogates/features.hpp>
#include <dovetail/surrogates/output_transform.hpp>

using namespace dovetail;
using Kind = OutputTransform::Kind;

TEST_CASE("every transform is increasing and inverts") {
  const std::vector<double> outputs{0.02, 0.5, 0.7, 1.0, 3.0, 8.0, 90.0, 1500.0};
  for (const Kind kind : {Kind::identity, Kind::log, Kind::power, Kind::bilog}) {
    const OutputTransform transform = OutputTransform::fit(kind, outputs);
    double before = -1e300;
    for (const double y : outputs) {
      CHECK(transform.forward(y) > before);
      before = transform.forward(y);
      CHECK(transform.inverse(before) == doctest::Approx(y).epsilon(1e-6));
    }
  }
}

TEST_CASE("bilog keeps the sign, the others standardise") {
  const std::vector<double> outputs{-30.0, -1.0, 0.0, 2.0, 500.0};
  const OutputTransform transform = OutputTransform::fit(Kind::bilog, outputs);
  CHECK(transform.forward(0.0) == 0.0);
  CHECK(transform.forward(-1e-6) < 0.0);
  double sum = 0.0;
  const OutputTransform plain = OutputTransform::fit(Kind::identity, outputs);
  for (const double y : outputs) sum += plain.forward(y);
  CHECK(std::abs(sum) < 1e-9);
}

TEST_CASE("the best transform follows the data") {
  std::vector<double> even, decades;
  for (int i = 0; i < 40; ++i) {
    const double z = 3.0 * (i - 19.5) / 20.0;
    even.push_back(5.0 + std::tanh(0.4 * z));
    decades.push_back(std::pow(10.0, z));
  }
  CHECK(OutputTransform::best(decades).kind() == Kind::log);
  CHECK(OutputTransform::best(even).kind() != Kind::bilog);
  CHECK(OutputTransform::best(std::vector<double>{1.0, 1.0, 1.0, 1.0, 1.0}).forward(1.0) == 0.0);
}

TEST_CASE("codes: distances mean Hamming, Kendall and Spearman") {
  const auto distance = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  };
  std::vector<double> a, b;
  append_one_hot(0, 4, a);
  append_one_hot(3, 4, b);
  CHECK(distance(a, b) == doctest::Approx(1.0));
  const std::vector<double> order{0, 1, 2, 3}, swapped{1, 0, 2, 3}, reversed{3, 2, 1, 0};
  std::vector<double> p, q, r;
  append_pair_signs(order, p);
  append_pair_signs(swapped, q);
  append_pair_signs(reversed, r);
  CHECK(distance(p, q) == doctest::Approx(1.0 / 6.0));
  CHECK(distance(p, r) == doctest::Approx(1.0));
  std::vector<double> s, t;
  append_positions(order, s);
  append_positions(reversed, t);
  CHECK(distance(s, t) == doctest::Approx(1.0));
}
