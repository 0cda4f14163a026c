// Parts of several trials put together, by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <dovetail/engine/design/around/parts_designer.hpp>
#include <dovetail/engine/design/designers.hpp>

using namespace dovetail;

namespace {

// Two parts of one number each; their mean is the objective.
Trial trial(double a, double b, std::int64_t id) {
  return {id,
          Point{{a, b}},
          TrialState::completed,
          {{"a.accuracy", a}, {"b.accuracy", 2.0 * b}, {"accuracy", (a + 2.0 * b) / 2.0}},
          ""};
}

std::unique_ptr<Designer> recombining(std::function<bool(const Point&)> admits) {
  DesignerContext context;
  context.space = Space({{"a", IntegerRange{0, 9, 1, false}}, {"b", IntegerRange{0, 9, 1, false}}}, {});
  context.goal = Goal{{Objective{"accuracy", false}}, {}};
  const auto part = [](const char* name) { return Space({{name, IntegerRange{0, 9, 1, false}}}, {}); };
  return with_parts(
      make_designer("random", context),
      {"accuracy", {{"a.accuracy", 1.0, 0, part("a")}, {"b.accuracy", 1.0, 1, part("b")}}, std::move(admits), 1});
}

}  // namespace

TEST_CASE("the best known parts are put together at the third suggestion") {
  const auto designer = recombining([](const Point&) { return true; });
  designer->update(std::vector<Trial>{trial(7, 1, 0), trial(2, 6, 1), trial(3, 3, 2)});
  const std::vector<Point> points = designer->suggest(3);
  REQUIRE(points.size() == 3);
  CHECK(points[2] == Point{{7, 6}});
  // Nothing known is better than what is told now.
  designer->update(std::vector<Trial>{trial(9, 9, 3)});
  const std::vector<Point> more = designer->suggest(6);
  REQUIRE(more.size() == 6);
  for (const Point& point : more) CHECK_FALSE(point == Point{{7, 6}});
}

TEST_CASE("a combination that limits forbid gives way to the next best") {
  const auto designer = recombining([](const Point& point) { return point.numbers[0] + point.numbers[1] <= 9.0; });
  designer->update(std::vector<Trial>{trial(7, 1, 0), trial(2, 6, 1), trial(3, 3, 2), trial(1, 4, 3)});
  // 7 and 6 are too much together, and so are 7 and 4 or 3; 3 and 6 make 7.5, more than the best trial's 7.
  CHECK(designer->suggest(3)[2] == Point{{3, 6}});
}

TEST_CASE("once parts are believed, the best combination within a limit is found in few of many") {
  // 900 of 1 000 000 combinations are better than 0.97 of the best one: the parts are smooth, and the limit ties them.
  DesignerContext context;
  context.space = Space({{"a", IntegerRange{0, 999, 1, false}}, {"b", IntegerRange{0, 999, 1, false}}}, {});
  context.goal = Goal{{Objective{"accuracy", false}}, {}};
  const auto limited = [](const Point& point) { return point.numbers[0] + point.numbers[1] <= 1000.0; };
  const auto part = [](const char* name) { return Space({{name, IntegerRange{0, 999, 1, false}}}, {}); };
  context.admits = limited;
  const auto designer =
      with_parts(make_designer("random", context),
                 {"accuracy", {{"a.accuracy", 1.0, 0, part("a")}, {"b.accuracy", 3.0, 1, part("b")}}, limited, 1});
  const auto measured = [](const Point& point, std::int64_t id) {
    const double a = 1.0 - std::pow(point.numbers[0] / 1000.0 - 0.6, 2),
                 b = 1.0 - std::pow(point.numbers[1] / 1000.0 - 0.7, 2);
    return Trial{id,
                 point,
                 TrialState::completed,
                 {{"a.accuracy", a}, {"b.accuracy", b}, {"accuracy", (a + 3.0 * b) / 4.0}},
                 ""};
  };
  double best = 0.0;
  for (int i = 0; i < 30; ++i) {
    const std::vector<Point> points = designer->suggest(1);
    REQUIRE(points.size() == 1);
    CHECK(limited(points[0]));
    const Trial trial = measured(points[0], i);
    best = std::max(best, trial.metrics.at("accuracy"));
    designer->update(std::vector<Trial>{trial});
  }
  // On the limit a = 1 - b the mean is largest at b = 0.625, a = 0.375.
  CHECK(best > 1.0 - (std::pow(0.225, 2) + 3.0 * std::pow(0.075, 2)) / 4.0 - 1e-3);
}

TEST_CASE("no point comes twice") {
  const auto designer = recombining([](const Point&) { return true; });
  std::vector<Point> seen;
  for (int i = 0; i < 100; ++i) {
    const std::vector<Point> points = designer->suggest(1);
    REQUIRE(points.size() == 1);
    CHECK(std::find(seen.begin(), seen.end(), points[0]) == seen.end());
    seen.push_back(points[0]);
    designer->update(std::vector<Trial>{trial(points[0].numbers[0], points[0].numbers[1], i)});
  }
  CHECK(designer->suggest(1).empty());
}
