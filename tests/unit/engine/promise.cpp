// Acquisition values of a belief: closed form, sampled constraints, and volumes of the cells around known points.
#include <doctest/doctest.h>

#include <cmath>
#include <dovetail/engine/design/bayes/acquisition.hpp>
#include <dovetail/engine/design/bayes/cell_volumes.hpp>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/bayes/feasibility_weight.hpp>

using namespace dovetail;

namespace {

// Objective (x - 0.7)^2, feasible where x <= 0.5, known at the ends of five cells.
struct Line {
  Space space{{{"x", RealRange{0.0, 1.0, false}}}, {}};
  PointFeatures features{space};
  BayesOptions options;
  std::vector<Observation> observations;
  Belief belief{features, options, 1, 1, false};

  Line() {
    for (const double x : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0})
      observations.push_back({Point{{x}}, {x}, false, {(x - 0.7) * (x - 0.7)}, {x - 0.5}, {}});
    belief.update(observations, 1);
  }
  std::vector<double> scores(bool sampled, const Matrix& rows, std::uint64_t seed = 1) const {
    Random random(seed, {1});
    const Promise promise(belief, options, observations, sampled, random);
    return promise.scores(rows, {}, -1e300);
  }
};

Matrix column(std::initializer_list<double> values) {
  Matrix result;
  for (const double value : values) result.append(std::vector<double>{value});
  return result;
}

}  // namespace

TEST_CASE("the promise of one objective is log EI plus log P(feasible), against the best feasible value") {
  const Line line;
  const Matrix rows = column({0.1, 0.45, 0.7});
  const Outlook outlook = line.belief.predict(rows, {});
  const double incumbent = line.belief.objective(0).forward(0.09);  // at 0.4
  const std::vector<double> scores = line.scores(false, rows);
  for (std::size_t i = 0; i < rows.rows; ++i)
    CHECK(scores[i] == doctest::Approx(log_expected_improvement(outlook.objectives[0].mean[i],
                                                                outlook.objectives[0].variance[i], incumbent) +
                                       outlook.log_feasible[i]));
  CHECK(scores[1] > scores[0]);
  CHECK(scores[1] > scores[2]);
}

TEST_CASE("sample paths put what they violate below all that they do not, nearer violations first") {
  const Line line;
  const std::vector<double> scores = line.scores(true, column({0.0, 0.2, 0.4, 0.8, 1.0}));
  CHECK(scores[2] > scores[1]);
  CHECK(scores[1] > scores[0]);
  CHECK(scores[0] > -100.0);
  CHECK(scores[3] < -1000.0);
  CHECK(scores[4] < scores[3]);
  // Known points are certain, what lies between differs from path to path, and a seed repeats.
  const Matrix rows = column({0.4, 0.5});
  CHECK(line.scores(true, rows, 2)[0] == doctest::Approx(line.scores(true, rows, 3)[0]).epsilon(0.05));
  CHECK(line.scores(true, rows, 2) == line.scores(true, rows, 2));
  CHECK(line.scores(true, rows, 2)[1] != line.scores(true, rows, 3)[1]);
}

TEST_CASE("cells share the space") {
  const Line line;
  CellVolumes volumes(line.features);
  std::vector<double> shares = volumes.shares(column({0.25, 0.75}));
  CHECK(shares[0] == doctest::Approx(0.5).epsilon(0.1));
  CHECK(shares[0] + shares[1] == doctest::Approx(1.0));
  shares = volumes.shares(column({0.25, 0.75, 0.5}));
  CHECK(shares[0] == doctest::Approx(0.375).epsilon(0.12));
  CHECK(shares[2] == doctest::Approx(0.25).epsilon(0.15));
}
