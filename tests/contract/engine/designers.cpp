// What every designer promises, asked of each by name.
#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <set>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/history.hpp>
#include <dovetail/spaces/space/point_slot.hpp>

using namespace dovetail;

namespace {

Space make_space(std::vector<Parameter> parameters, const std::string& constraint) {
  const std::vector<Symbol> names = symbols(parameters);
  return Space(std::move(parameters), {{constraint, Expression::compile(constraint, names)}});
}

Space small_space() {
  return make_space({{"x", IntegerRange{0, 7, 1, false}},
                     {"y", OrdinalValues{{1, 2, 4, 8}}},
                     {"kind", CategoricalValues{{"a", "b"}}}},
                    "x + y <= 10");
}

DesignerContext context(std::uint64_t seed) {
  DesignerContext result;
  result.space = small_space();
  result.goal.objectives = {{"cost", true}};
  result.goal.specs = {{"size", 9.0, std::nullopt}};
  result.seed = seed;
  return result;
}

// x = 3 fails, larger points have larger size.
Trial evaluate(const Space& space, std::int64_t id, const Point& point) {
  const double x = space.number(point, 0), y = space.number(point, 1), kind = point.numbers[2];
  Trial trial{id, point, TrialState::completed, {{"cost", (x - 5) * (x - 5) + y + 3 * kind}, {"size", x + y}}, ""};
  if (x == 3) trial = {id, point, TrialState::failed, {}, "three is broken"};
  return trial;
}

std::vector<Point> run(const std::string& name, std::uint64_t seed, int rounds, int batch) {
  const DesignerContext made = context(seed);
  const auto designer = make_designer(name, made);
  std::vector<Point> all;
  std::int64_t id = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Point> points = designer->suggest(batch);
    std::vector<Trial> trials;
    trials.reserve(points.size());
    for (const Point& point : points) trials.push_back(evaluate(made.space, id++, point));
    all.insert(all.end(), points.begin(), points.end());
    designer->update(trials);
  }
  return all;
}

}  // namespace

TEST_CASE("points are feasible and never repeated, and an exhausted space returns none") {
  const Space space = small_space();
  const std::size_t feasible = space.enumerate(10000).size();
  for (const std::string& name : designer_names()) {
    CAPTURE(name);
    const std::vector<Point> points = run(name, 1, 100, 3);
    CHECK(std::set<Point>(points.begin(), points.end()).size() == points.size());
    CHECK(points.size() == feasible);
    for (const Point& point : points) CHECK(space.contains(point));
  }
}

TEST_CASE("the same calls give the same points") {
  for (const std::string& name : designer_names()) {
    CAPTURE(name);
    CHECK(run(name, 7, 10, 2) == run(name, 7, 10, 2));
  }
  CHECK(run("random", 7, 10, 2) != run("random", 8, 10, 2));
}

TEST_CASE("a told point is not suggested, whoever found it") {
  for (const std::string& name : designer_names()) {
    CAPTURE(name);
    const DesignerContext made = context(3);
    const auto designer = make_designer(name, made);
    const std::vector<Point> all = made.space.enumerate(10000);
    std::vector<Trial> told;
    for (std::size_t i = 0; i < all.size(); i += 2)
      told.push_back(evaluate(made.space, static_cast<std::int64_t>(i), all[i]));
    designer->update(told);
    std::set<Point> known;
    for (const Trial& trial : told) known.insert(trial.point);
    for (const Point& point : designer->suggest(10)) CHECK(known.count(point) == 0);
  }
}

TEST_CASE("nothing feasible: no suggestion, no hang") {
  for (const std::string& name : designer_names()) {
    CAPTURE(name);
    DesignerContext made = context(1);
    made.space = make_space({{"x", IntegerRange{0, 7, 1, false}}}, "x > 100");
    CHECK(make_designer(name, made)->suggest(3).empty());
  }
}

TEST_CASE("a designer that takes over goes on as the one before, to the bit") {
  struct Kind {
    const char* name;
    double fails_above;  // of x
    bool far;            // failures are told as a huge value instead
  };
  for (const std::string& name : designer_names()) {
    // These are asked again: the last two do not know what the designers inside them skipped.
    if (name == "exhaustive" || name == "shrink" || name == "alternate") continue;
    for (const Kind& kind : {Kind{"plain", 2.0, false}, Kind{"failures", 0.7, false}, Kind{"penalties", 0.7, true}}) {
      CAPTURE(name);
      CAPTURE(kind.name);
      DesignerContext made = context(5);
      made.space = Space({{"x", RealRange{0.0, 1.0, false}},
                          {"n", IntegerRange{1, 50, 1, false}},
                          {"kind", CategoricalValues{{"a", "b", "c"}}}},
                         {});
      made.goal.specs = {{"size", 60.0, std::nullopt}};
      const auto outcome = [&](std::int64_t id, const Point& point) {
        const double x = point.numbers[0], n = point.numbers[1], c = point.numbers[2];
        Trial trial{id,
                    point,
                    TrialState::completed,
                    {{"cost", std::pow(x - 0.3, 2) + 0.001 * n + 0.1 * c}, {"size", n + 20 * x}},
                    ""};
        if (x > kind.fails_above) {
          trial.metrics = {{"cost", 1e9}, {"size", n}};
          if (!kind.far) trial = {id, point, TrialState::failed, {}, "no"};
        }
        return trial;
      };
      DesignerHistory history;
      const auto designer = make_designer(name, made);
      std::vector<std::vector<Point>> asked;
      std::vector<Trial> open;  // one outcome of each round comes a round late
      std::optional<std::string> memory;
      std::int64_t id = 0;
      for (int round = 0; round < 22; ++round) {
        Suggested call{2, designer->suggest(2), {}};
        if (memory != designer->memory()) call.memory = memory = designer->memory();
        std::vector<Trial> told = open;
        open.clear();
        for (const Point& point : call.points)
          (open.empty() && round % 3 == 0 ? open : told).push_back(outcome(id++, point));
        asked.push_back(call.points);
        history.emplace_back(std::move(call));
        designer->update(told);
        history.emplace_back(std::move(told));
      }
      CHECK(repeats_itself([&] { return make_designer(name, made); }, history) == true);
      // From several moments, two rounds each.
      for (std::size_t cut : {4U, 10U, 15U, 18U, 20U}) {
        CAPTURE(cut);
        const DesignerHistory part(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(2 * cut));
        const auto other = make_designer(name, made);
        REQUIRE(take_over(*other, part));
        for (std::size_t round = cut; round < std::min<std::size_t>(cut + 2, asked.size()); ++round) {
          CHECK(other->suggest(2) == asked[round]);
          other->update(std::get<std::vector<Trial>>(history[2 * round + 1]));
        }
      }
    }
  }
}

TEST_CASE("an unknown name is answered with the known ones") {
  CHECK_THROWS_WITH_AS(make_designer("byes", context(1)), doctest::Contains("random"), std::invalid_argument);
}
