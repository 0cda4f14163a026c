// Codes of points, and the kernel's term for lists of choices that parameters share.
#include <doctest/doctest.h>

#include <dovetail/engine/design/bayes/acquisition_search.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

using namespace dovetail;

namespace {

Space stages(std::size_t count) {
  std::vector<Parameter> parameters(count, {"", CategoricalValues{{"none", "weak", "strong"}}});
  for (std::size_t i = 0; i < count; ++i) parameters[i].name = "stage" + std::to_string(i);
  return Space(parameters, {});
}

}  // namespace

TEST_CASE("three parameters with one list of choices have shares, two have none") {
  const PointFeatures three(Space({{"a", CategoricalValues{{"x", "y"}}},
                                   {"n", IntegerRange{0, 4, 1, false}},
                                   {"b", CategoricalValues{{"x", "y"}}},
                                   {"c", CategoricalValues{{"x", "y"}}},
                                   {"d", CategoricalValues{{"y", "x"}}}},
                                  {}));
  REQUIRE(three.shared().size() == 1);
  const PointFeatures::SharedChoices& list = three.shared().front();
  CHECK(list.numbers == std::vector<int>{0, 2, 3});
  CHECK(list.choices == 2);
  const std::vector<double> row = three(Point{{1, 2, 0, 1, 0}});
  REQUIRE(row.size() == static_cast<std::size_t>(list.column) + 2);
  CHECK(row[static_cast<std::size_t>(list.column)] == doctest::Approx(1.0 / 3.0));
  CHECK(row[static_cast<std::size_t>(list.column) + 1] == doctest::Approx(2.0 / 3.0));
  CHECK(three.dimension() == 5);
  CHECK(three.kernel("matern52").terms.size() == three.kernel("product").terms.size() + 2);

  const PointFeatures two(Space({{"a", CategoricalValues{{"x", "y"}}}, {"b", CategoricalValues{{"x", "y"}}}}, {}));
  CHECK(two.shared().empty());
  CHECK(two(Point{{0, 1}}).size() == 4);
}

TEST_CASE("what depends on how often a choice is made is predicted far from what was seen") {
  const Space space = stages(12);
  const PointFeatures features(space);
  Random random(3);
  Matrix inputs;
  std::vector<double> outputs;
  const auto price = [](const Point& point) {  // dear one by one, cheap in bulk
    double strong = 0.0;
    for (const double choice : point.numbers) strong += choice == 2.0 ? 1.0 : 0.0;
    return strong * (1.0 - 0.06 * strong);
  };
  for (int i = 0; i < 40; ++i) {
    const Point point = *space.sample(random);
    inputs.append(features(point));
    outputs.push_back(price(point));
  }
  const Point all{std::vector<double>(12, 2.0)};
  Matrix far;
  far.append(features(all));
  const auto error = [&](const std::string& kernel) {
    GaussianProcessModel model;
    model.kernel = features.kernel(kernel);
    const GaussianProcess process(model, fit_parameters(model, inputs, outputs), inputs, outputs);
    return std::abs(process.predict(far).mean[0] - price(all));
  };
  CHECK(error("matern52") < 0.5 * error("product"));
}

TEST_CASE("a search tries one choice for another wherever it is made") {
  const Space space = stages(20);
  const PointFeatures features(space);
  const Point weak{std::vector<double>(20, 1.0)}, strong{std::vector<double>(20, 2.0)};
  const AcquisitionProblem problem{space,
                                   features,
                                   [&](std::span<const Point> points, const Matrix&) {
                                     std::vector<double> scores;
                                     for (const Point& point : points) scores.push_back(point == strong);
                                     return scores;
                                   },
                                   {},
                                   [](const Point&) { return true; }};
  Random random(1);
  AcquisitionSearch search;
  search.samples = 8;
  const std::optional<Point> found = maximise_acquisition(problem, {&weak, 1}, search, random);
  REQUIRE(found.has_value());
  CHECK(*found == strong);
}
