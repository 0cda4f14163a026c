// Penalties, plateaus and wild scales with fixed seeds: none of them throws the Bayesian designer off.
#include <doctest/doctest.h>

#include "../../../bench/problems.hpp"

using namespace problems;

namespace {

double median_best(const Problem& problem, const std::string& designer, int evaluations, int seeds) {
  Numbers best;
  for (int seed = 0; seed < seeds; ++seed)
    best.push_back(run(problem, problem.mode, designer, {}, static_cast<std::uint64_t>(seed), evaluations, 2).back());
  std::sort(best.begin(), best.end());
  return best[best.size() / 2];
}

}  // namespace

TEST_CASE("a huge value, once or in a region, costs little") {
  CHECK(median_best(penalty_region(), "bayes", 30, 3) <= 1e-5);
  CHECK(median_best(penalty_most(), "bayes", 40, 3) <= 1e-3);
  CHECK(median_best(penalty_rare(), "bayes", 30, 3) <= 1e-5);
}

TEST_CASE("never worse than random where outcomes are level, tied, noisy or of any scale") {
  for (const Problem& problem : {plateau(), ties(), tiny_scale(), huge_scale(), all_scales(), noisy()}) {
    CAPTURE(problem.name);
    CHECK(median_best(problem, "bayes", 30, 3) <= median_best(problem, "random", 30, 5));
  }
}

TEST_CASE("a feasible film that fails without a value beside it is followed to its edge") {
  for (const Problem& problem : {thin_band(), thin_ridge(), thin_slab(), thin_hyperbola()}) {
    CAPTURE(problem.name);
    const int evaluations = problem.budgets.back();
    const double bayes = median_best(problem, "bayes", evaluations, 7),
                 random = median_best(problem, "random", evaluations, 31);
    CHECK(bayes - problem.best_known < 0.75 * (random - problem.best_known));
  }
}

TEST_CASE("while only failures are known suggestions fill the space, borders no more than the rest") {
  int border = 0, count = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    DesignerContext context{Space(reals(2, 0, 1), {}), {}, seed, 1, {}, {}, {}};
    context.goal.objectives.push_back({"f", true});
    const auto designer = make_designer("bayes", context);
    for (std::int64_t id = 0; id < 40; ++id, ++count) {
      const Point point = designer->suggest(1).at(0);
      const Trial trial{id, point, TrialState::failed, {}, "stopped"};
      border += std::abs(point.numbers[0] - 0.5) > 0.45 || std::abs(point.numbers[1] - 0.5) > 0.45;
      designer->update({&trial, 1});
    }
  }
  CHECK(border <= count / 4);  // a frame of 19 % of the area
}

TEST_CASE("while all outcomes are equal suggestions fill the space") {
  DesignerContext context{Space(reals(2, 0, 1), {}), {}, 4, 1, {}, {}, {}};
  context.goal.objectives.push_back({"f", true});
  const auto designer = make_designer("bayes", context);
  int inside = 0;
  std::int64_t id = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<Trial> told;
    for (const Point& point : designer->suggest(2)) {
      told.push_back({id++, point, TrialState::completed, {{"f", 7.0}}, {}});
      inside += point.numbers[0] > 0.1 && point.numbers[0] < 0.9 && point.numbers[1] > 0.1 && point.numbers[1] < 0.9;
    }
    designer->update(told);
  }
  CHECK(inside >= 16);  // of 40; even filling gives 26
}
