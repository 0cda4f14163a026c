// Whole searches with fixed seeds: the Bayesian designer earns its keep, whatever the constraints look like.
#include <doctest/doctest.h>

#include <set>

#include "../../../bench/problems.hpp"

using namespace problems;

namespace {

double median(Numbers values) {
  std::sort(values.begin(), values.end());
  return 0.5 * (values[(values.size() - 1) / 2] + values[values.size() / 2]);
}

double median_best(const Problem& problem, Mode mode, const std::string& designer, int evaluations, int seeds = 5,
                   const std::map<std::string, std::string>& options = {}) {
  Numbers best;
  for (int seed = 0; seed < seeds; ++seed)
    best.push_back(run(problem, mode, designer, options, static_cast<std::uint64_t>(seed), evaluations, 1).back());
  return median(best);
}

}  // namespace

TEST_CASE("measured constraints: the pressure vessel, the spring and the islands") {
  CHECK(median_best(pressure_vessel(), Mode::values, "bayes", 60) <= 6200);
  CHECK(median_best(spring(), Mode::values, "bayes", 60) <= 0.0150);
  CHECK(median_best(gardner2(), Mode::values, "bayes", 40, 9) <= 0.2537);
}

TEST_CASE("known constraints: the tile problem's optimum within 60 evaluations") {
  CHECK(median_best(tile_edp(), Mode::known, "bayes", 60) == doctest::Approx(13.312356).epsilon(1e-6));
}

TEST_CASE("hidden constraints, categories, integers: better than random at the same budget") {
  for (const Problem& problem : {alimo(), hc_branin(), gear_train(), branin_disk(), simionescu()}) {
    CAPTURE(problem.name);
    const double bayes = median_best(problem, problem.mode, "bayes", 40, 5);
    CHECK(bayes < median_best(problem, problem.mode, "random", 40, 5));
  }
}

TEST_CASE("batches do not pile up and never repeat a point") {
  const Problem problem = hc_branin();
  const Space space = make_space(problem, problem.mode);
  DesignerContext context{space, make_goal(problem, problem.mode, 1), 5, 1, {}, {}, {}};
  const auto designer = make_designer("bayes", context);
  std::set<Point> seen;
  std::int64_t id = 0;
  for (int round = 0; round < 4; ++round) {
    std::vector<Trial> trials;
    const std::vector<Point> points = designer->suggest(8);
    REQUIRE(points.size() == 8);
    for (std::size_t i = 0; i < points.size(); ++i) {
      CHECK(seen.insert(points[i]).second);
      for (std::size_t j = 0; j < i; ++j)
        CHECK(std::hypot(points[i].numbers[0] - points[j].numbers[0], points[i].numbers[1] - points[j].numbers[1]) >
              1e-4);
      trials.push_back(make_trial(id++, points[i], problem.evaluate(numbers(space, points[i])), problem.mode));
    }
    designer->update(trials);
  }
}

TEST_CASE("the same calls give the same points, for any number of threads") {
  const Problem problem = spring();
  std::vector<std::vector<Point>> runs;
  for (const int threads : {1, 2}) {
    const Space space = make_space(problem, problem.mode);
    DesignerContext context{space, make_goal(problem, problem.mode, 4), 9, threads, {}, {}, {}};
    const auto designer = make_designer("bayes", context);
    std::vector<Point> all;
    for (int i = 0; i < 14; ++i) {
      const std::vector<Point> points = designer->suggest(2);
      std::vector<Trial> trials;
      for (const Point& point : points) {
        all.push_back(point);
        trials.push_back(make_trial(static_cast<std::int64_t>(all.size()), point,
                                    problem.evaluate(numbers(space, point)), problem.mode));
      }
      designer->update(trials);
    }
    runs.push_back(all);
  }
  CHECK(runs[0] == runs[1]);
}

TEST_CASE("a study that only fails goes on, and an exhausted space ends it") {
  DesignerContext context{
      Space({{"a", IntegerRange{0, 5, 1, false}}, {"b", CategoricalValues{{"u", "v"}}}}, {}), {}, 1, 1, {}, {}, {}};
  context.goal.objectives.push_back({"f", true});
  const auto designer = make_designer("bayes", context);
  std::set<Point> seen;
  for (int i = 0; i < 12; ++i) {
    const std::vector<Point> points = designer->suggest(1);
    REQUIRE(points.size() == 1);
    CHECK(seen.insert(points[0]).second);
    const Trial trial{i, points[0], TrialState::failed, {}, "crash"};
    designer->update({&trial, 1});
  }
  CHECK(designer->suggest(1).empty());
}

TEST_CASE("two objectives: the front covers more than random search's") {
  const auto covered = [](const std::string& name) {
    DesignerContext context{
        Space({{"x", RealRange{0, 1, false}}, {"y", RealRange{0, 1, false}}}, {}), {}, 4, 1, {}, {}, {}};
    context.goal.objectives = {{"a", true}, {"b", true}};
    const auto designer = make_designer(name, context);
    std::vector<std::array<double, 2>> values;
    for (int i = 0; i < 40; ++i) {
      const Point point = designer->suggest(1).at(0);
      const double x = point.numbers[0], y = point.numbers[1];
      Trial trial{i, point, TrialState::completed, {{"a", x + y * y}, {"b", 1 - std::sqrt(x) + y}}, ""};
      designer->update({&trial, 1});
      values.push_back({trial.metrics["a"], trial.metrics["b"]});
    }
    std::sort(values.begin(), values.end());
    double area = 0, height = 1.1;
    for (const auto& value : values)
      if (value[0] < 1.1 && value[1] < height) area += (1.1 - value[0]) * (height - value[1]), height = value[1];
    return area;
  };
  CHECK(covered("bayes") > covered("random") + 0.05);
}

TEST_CASE("three objectives, one of them known beforehand: the front covers more than random search's") {
  // Energy and cycles fall with the sizes x, y beyond noise-like ripples; area is their sum, and known.
  const auto values = [](const Point& point) {
    const double x = point.numbers[0], y = point.numbers[1], z = point.numbers[2];
    const double miss = std::pow(z - 0.3, 2) + 0.05 * std::pow(std::sin(9.0 * x + 7.0 * y), 2);
    return std::array<double, 3>{std::exp(3.0 * miss - x), std::exp(2.0 * miss - y), 1.0 + x + 2.0 * y};
  };
  const auto covered = [&](const std::string& name, std::uint64_t seed) {
    DesignerContext context{
        Space({{"x", RealRange{0, 1, false}}, {"y", RealRange{0, 1, false}}, {"z", RealRange{0, 1, false}}}, {}),
        {},
        seed,
        1,
        {},
        [&](const Point& point) {
          const auto value = values(point);
          return std::vector<double>{-point.numbers[0], -point.numbers[1], std::log(value[2])};
        },
        {}};
    context.goal.objectives = {{"a", true}, {"b", true}, {"c", true}};
    const auto designer = make_designer(name, context);
    std::vector<std::array<double, 3>> found;
    for (int i = 0; i < 16; ++i) {
      const Point point = designer->suggest(1).at(0);
      found.push_back(values(point));
      const Trial trial{i,
                        point,
                        TrialState::completed,
                        {{"a", found.back()[0]}, {"b", found.back()[1]}, {"c", found.back()[2]}},
                        ""};
      designer->update({&trial, 1});
    }
    // Share of a box that some design dominates.
    Random random(1, {2});
    int hits = 0;
    for (int i = 0; i < 4000; ++i) {
      const std::array<double, 3> at{0.3 + 1.2 * random.uniform(), 0.3 + 1.2 * random.uniform(),
                                     1.0 + 3.0 * random.uniform()};
      hits += std::any_of(found.begin(), found.end(), [&](const auto& design) {
        return design[0] <= at[0] && design[1] <= at[1] && design[2] <= at[2];
      });
    }
    return hits / 4000.0;
  };
  Numbers gains;
  for (std::uint64_t seed = 0; seed < 5; ++seed) gains.push_back(covered("bayes", seed) - covered("random", seed));
  CHECK(median(gains) > 0.02);
}

TEST_CASE("a cheap guess of the objective and told outcomes are used") {
  const Problem problem = branin_disk();
  const Space space = make_space(problem, Mode::passfail);
  const auto truth = [&](const Point& point) { return problem.evaluate(numbers(space, point)).objective; };
  Numbers with, without;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const bool cheap : {false, true}) {
      DesignerContext context{space, make_goal(problem, Mode::passfail, 0), seed, 1, {}, {}, {{"transform", "none"}}};
      if (cheap)
        context.prior_mean = [&](const Point& point) {
          return std::vector<double>{1.1 * truth(point) + point.numbers[0]};
        };
      const auto designer = make_designer("bayes", context);
      double best = 1e300;
      for (int i = 0; i < 12; ++i) {
        const Point point = designer->suggest(1).at(0);
        const Outcome outcome = problem.evaluate(numbers(space, point));
        const Trial trial = make_trial(i, point, outcome, Mode::passfail);
        if (outcome.feasible()) best = std::min(best, outcome.objective);
        designer->update({&trial, 1});
      }
      (cheap ? with : without).push_back(best);
    }
  }
  CHECK(median(with) < median(without));
}

TEST_CASE("wrong options say what is known") {
  DesignerContext context{Space({{"a", IntegerRange{0, 5, 1, false}}}, {}), {}, 1, 1, {}, {}, {{"kernl", "x"}}};
  context.goal.objectives.push_back({"f", true});
  CHECK_THROWS_WITH_AS(make_designer("bayes", context), doctest::Contains("kernel"), std::invalid_argument);
  context.options = {{"threshold", "2"}};
  CHECK_THROWS_AS(make_designer("bayes", context), std::invalid_argument);
}
