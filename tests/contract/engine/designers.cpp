// What every designer promises, asked of each by name.
#include <doctest/doctest.h>

#include <set>

#include <dovetail/engine/design/designer.hpp>
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
  Trial trial{
      id, point, TrialState::completed, {{"cost", (x - 5) * (x - 5) + y + 3 * kind}, {"size", x + y}}, ""};
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

TEST_CASE("an unknown name is answered with the known ones") {
  CHECK_THROWS_WITH_AS(make_designer("byes", context(1)), doctest::Contains("random"), std::invalid_argument);
}
