// Objectives learned in parts: columns, cuts, predictions of joined halves, memory, and what a search gains.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <dovetail/engine/design/bayes/objective_sum.hpp>
#include <dovetail/engine/design/designer.hpp>

using namespace dovetail;

namespace {

// Two words of three letters each, the same three for both.
Space words() {
  std::vector<Parameter> parameters;
  for (const std::string name : {"a.x", "a.y", "a.z", "b.x", "b.y", "b.z"})
    parameters.push_back({name, CategoricalValues{{"p", "q", "r", "s"}}});
  return Space(parameters, {});
}

const std::vector<ObjectivePart> halves{{"first", 1.0, 0, 3}, {"second", 2.0, 3, 3}};

// A ragged function of three letters.
double half(const double* letters, double seed) {
  const double code = letters[0] + 4.0 * letters[1] + 16.0 * letters[2];
  return std::sin(code * 0.7 + seed) + 0.3 * letters[0] - 0.2 * letters[1] * letters[2];
}

struct Learned {
  Space space = words();
  PointFeatures features{space};
  ObjectiveSum sum;
  Matrix rows;
  std::vector<std::vector<double>> values{{}, {}};
  std::vector<Point> points;

  explicit Learned(int count) : sum(space, features, halves, "matern52", options()) {
    Random random(3, {1});
    while (static_cast<int>(points.size()) < count) {
      points.push_back(*space.sample(random));
      rows.append(features(points.back()));
      values[0].push_back(half(points.back().numbers.data(), 0.0));
      values[1].push_back(2.0 * half(points.back().numbers.data() + 3, 1.0));
    }
  }
  static RegressionOptions options() {
    RegressionOptions result;
    result.transform = "none";
    return result;
  }
};

}  // namespace

TEST_CASE("the columns of a part are the features of its parameters alone") {
  const Space space = words();
  const PointFeatures features(space);
  const Space alone({space.parameters().begin() + 3, space.parameters().end()}, {});
  const PointFeatures own(alone);
  Random random(1, {2});
  for (int i = 0; i < 20; ++i) {
    const Point point = *space.sample(random);
    const std::vector<double> row = features(point);
    std::vector<double> part;
    for (const int column : features.columns_of(3, 3)) part.push_back(row[static_cast<std::size_t>(column)]);
    CHECK(part == own(Point{{point.numbers.begin() + 3, point.numbers.end()}}));
  }
}

TEST_CASE("what is worse than the median by twice what the best is better carries no detail") {
  CHECK(reach_of_detail(std::vector<double>{1.0, 9.0}, 2.0) == std::numeric_limits<double>::infinity());
  CHECK(reach_of_detail(std::vector<double>{4.0, 4.0, 4.0, 70.0}, 2.0) == std::numeric_limits<double>::infinity());
  CHECK(reach_of_detail(std::vector<double>{100.0, 1.0, 3.0, 4.0, 2.0}, 2.0) == doctest::Approx(3.0 + 2.0 * 2.0));
}

TEST_CASE("two good halves that never met are predicted as one point that was seen") {
  Learned learned(40);
  learned.sum.update(learned.rows, learned.values);
  REQUIRE(learned.sum.ready());
  // The first half of one point and the second half of another: what is known of both is known of the sum.
  for (std::size_t i = 0; i + 1 < 12; ++i) {
    Point joined = learned.points[i];
    std::copy_n(learned.points[i + 1].numbers.begin() + 3, 3, joined.numbers.begin() + 3);
    Matrix row;
    row.append(learned.features(joined));
    const Prediction at = learned.sum.predict(row);
    const double truth = learned.values[0][i] + learned.values[1][i + 1];
    CHECK(at.mean[0] == doctest::Approx(learned.sum.forward(truth)).epsilon(0.05));
    CHECK(at.variance[0] < 0.01);
  }
}

TEST_CASE("a sum goes on from its memory to the bit") {
  Learned learned(45);
  Matrix some;
  std::vector<std::vector<double>> values{{}, {}};
  Learned again(45);
  for (std::size_t i = 0; i < learned.rows.rows; ++i) {
    some.append(learned.rows.row(i));
    for (std::size_t k = 0; k < 2; ++k) values[k].push_back(learned.values[k][i]);
    if (i + 1 >= 10) learned.sum.update(some, values);
  }
  learned.sum.believe(learned.rows.row(0));
  learned.sum.forget();
  again.sum.recall(learned.sum.memory(), again.rows, again.values);
  const Prediction one = learned.sum.predict(learned.rows), other = again.sum.predict(learned.rows);
  CHECK(one.mean == other.mean);
  CHECK(one.variance == other.variance);
}

TEST_CASE("a search that sees the parts needs fewer evaluations") {
  const Space space = words();
  double best = 1e300;
  for (const Point& point : space.enumerate(5000))
    best = std::min(best, half(point.numbers.data(), 0.0) + 2.0 * half(point.numbers.data() + 3, 1.0));
  const auto found = [&](bool parts) {
    int hits = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      DesignerContext context{space, {}, seed, 1, {}, {}, {}};
      context.goal.objectives.push_back({"sum", true});
      if (parts) context.parts = halves;
      const auto designer = make_designer("bayes", context);
      double least = 1e300;
      for (int i = 0; i < 45; ++i) {
        const Point point = designer->suggest(1).at(0);
        const double first = half(point.numbers.data(), 0.0), second = half(point.numbers.data() + 3, 1.0);
        const Trial trial{
            i, point, TrialState::completed, {{"first", first}, {"second", second}, {"sum", first + 2.0 * second}}, ""};
        least = std::min(least, first + 2.0 * second);
        designer->update({&trial, 1});
      }
      hits += least <= best + 1e-9 ? 1 : 0;
    }
    return hits;
  };
  const int with = found(true);
  CHECK(with >= 5);
  CHECK(with > found(false));
}
