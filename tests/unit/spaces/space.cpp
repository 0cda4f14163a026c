// Does a space do what its header says on cases that can be checked by hand?
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "spaces_examples.hpp"

using namespace dovetail;

TEST_CASE("an empty list of parameters has one point") {
  const Space space;
  CHECK(space.count().feasible == 1);
  Random random(1);
  CHECK(space.sample(random)->numbers.empty());
  CHECK(space.enumerate(10).size() == 1);
}

TEST_CASE("equations over wide ranges are counted without listing the range") {
  const Space space =
      make_space({{"pe_x", IntegerRange{1, 1'000'000, 1, false}}, {"pe_y", IntegerRange{1, 1'000'000, 1, false}}},
                 {"pe_x * pe_y == 168"});
  CHECK(space.count().exact);
  CHECK(space.count().feasible == 16);
  CHECK(space.count().points == 1e12);
  Random random(3);
  Point point{{14, 12}};
  CHECK(space.contains(point));
  std::set<Point> reached{point};
  std::vector<Point> open{point};
  while (!open.empty()) {
    const Point here = open.back();
    open.pop_back();
    for (const Point& next : space.neighbours(here, random, 30))
      if (reached.insert(next).second) open.push_back(next);
  }
  CHECK(reached.size() == 16);
}

TEST_CASE("three tied parameters stay connected") {
  const Space space = make_space({{"x", IntegerRange{1, 48, 1, false}},
                                  {"y", IntegerRange{1, 48, 1, false}},
                                  {"z", IntegerRange{1, 48, 1, false}},
                                  {"w", IntegerRange{0, 200, 1, false}}},
                                 {"x * y * z == 48", "w == x + y + z"});
  const double all = space.count().feasible;
  CHECK(all == 45);
  Random random(3);
  const Point start = *space.sample(random);
  std::set<Point> reached{start};
  std::vector<Point> open{start};
  while (!open.empty()) {
    const Point here = open.back();
    open.pop_back();
    for (const Point& next : space.neighbours(here, random, 40))
      if (reached.insert(next).second) open.push_back(next);
  }
  CHECK(static_cast<double>(reached.size()) == all);
}

TEST_CASE("wide spaces multiply and stay cheap") {
  std::vector<Parameter> parameters;
  parameters.reserve(53);
  for (int i = 0; i < 50; ++i) parameters.push_back({fmt::format("b{}", i), CategoricalValues{{"off", "on"}}});
  for (int i = 0; i < 3; ++i) parameters.push_back({fmt::format("r{}", i), RealRange{-1, 1, false}});
  const Space space(parameters, {});
  CHECK_FALSE(space.finite());
  CHECK(std::isinf(space.count().points));
  CHECK(space.count().share == 1.0);
  Random random(1);
  const Point point = *space.sample(random);
  CHECK(space.contains(point));
  const std::vector<Point> near = space.neighbours(point, random, 200);
  CHECK(near.size() >= 75);
  for (const Point& other : near) CHECK(space.contains(other));
  CHECK_THROWS_AS(space.enumerate(5), std::logic_error);
}

TEST_CASE("a linear sum over many integers is counted by its partial sums") {
  std::vector<Parameter> parameters;
  std::string sum = "x0";
  for (int i = 0; i < 20; ++i) {
    parameters.push_back({fmt::format("x{}", i), IntegerRange{0, 9, 1, false}});
    if (i > 0) sum += fmt::format(" + x{}", i);
  }
  const Space space = make_space(parameters, {sum + " == 90"});
  const SpaceSize size = space.count();
  CHECK(size.exact);
  CHECK(size.feasible / 1e20 == doctest::Approx(0.0308).epsilon(0.01));  // the middle of the distribution of 20 digits
  Random random(1);
  for (int i = 0; i < 100; ++i) CHECK(space.contains(*space.sample(random)));
}

TEST_CASE("real parameters are drawn uniformly from what the constraints leave") {
  const Space space =
      make_space({{"x", RealRange{0, 1, false}}, {"y", RealRange{0, 1, false}}, {"n", IntegerRange{1, 4, 1, false}}},
                 {"x ^ 2 + y ^ 2 <= 0.01 * n"});
  const SpaceSize size = space.count();
  const double share = 3.14159265 / 4 * 0.01 * 2.5;  // quarter circles of area pi/4 r^2, mean of n
  CHECK_FALSE(size.exact);
  CHECK(size.share_low <= share);
  CHECK(size.share_high >= share);
  CHECK(size.share_high / size.share_low < 1.15);
  CHECK(size.acceptance > 0.7);
  Random random(2);
  std::vector<int> per_n(5);
  double radius = 0.0;
  for (int i = 0; i < 4000; ++i) {
    const Point point = *space.sample(random);
    REQUIRE(space.contains(point));
    ++per_n[static_cast<std::size_t>(point.numbers[2])];
    radius += std::hypot(point.numbers[0], point.numbers[1]) / (0.1 * std::sqrt(point.numbers[2])) / 4000;
  }
  CHECK(radius == doctest::Approx(2.0 / 3).epsilon(0.02));
  for (int n = 1; n <= 4; ++n) CHECK(per_n[static_cast<std::size_t>(n)] == doctest::Approx(400 * n).epsilon(0.2));
}

TEST_CASE("a tiny feasible volume is found by descending") {
  const Space space =
      make_space({{"x", RealRange{0, 1, false}}, {"y", RealRange{0, 1, false}}, {"z", RealRange{0, 1, false}}},
                 {"abs(x - y * z) <= 1e-7", "abs(y - 0.3) <= 1e-6"});
  Random random(5);
  const auto point = space.sample(random);
  REQUIRE(point);
  CHECK(space.contains(*point));
}

TEST_CASE("logarithmic reals are uniform in the logarithm") {
  const Space space({{"x", RealRange{1e-4, 1.0, true}}}, {});
  Random random(2);
  double mean = 0.0;
  for (int i = 0; i < 4000; ++i) mean += std::log10(space.sample(random)->numbers[0]) / 4000;
  CHECK(mean == doctest::Approx(-2).epsilon(0.05));
}

TEST_CASE("values and texts read as a person would write them") {
  const Space space({{"lr", RealRange{0, 1, false}},
                     {"pe", powers_of_two(2, 4)},
                     {"flow", CategoricalValues{{"ws", "os"}}},
                     {"order", PermutationItems{{"K", "C", "P"}}},
                     {"C", Factorization{12, {"in", "out"}}}},
                    {});
  const Point point{{0.5, 1, 1, 2, 0, 1, 4, 3}};
  CHECK(space.contains(point));
  CHECK(space.text(point) == "lr=0.5 pe=8 flow=os order=[C P K] C=[4 3]");
  CHECK(space.number(point, 1) == 8);
  CHECK(std::get<std::int64_t>(space.value(point, 1)) == 8);
  CHECK(space.names() == std::vector<std::string>{"lr", "pe", "flow", "order", "C"});
  CHECK(space.find("order") == 3);
  CHECK(space.offset(4) == 6);
  CHECK_FALSE(space.contains(Point{{0.5, 1, 1, 2, 0, 0, 4, 3}}));
  CHECK_FALSE(space.contains(Point{{0.5, 1, 1, 2, 0, 1, 4, 4}}));
  CHECK_FALSE(space.contains(Point{{1.5, 1, 1, 2, 0, 1, 4, 3}}));
  CHECK_FALSE(space.contains(Point{{0.5}}));
}

TEST_CASE("permutations and factorizations take part in constraints") {
  const Space space =
      make_space({{"order", PermutationItems{{"K", "C", "P", "Q"}}}, {"C", Factorization{24, {"spad", "pe", "dram"}}}},
                 {"order.K < order.C", "C.pe <= 4", "C.spad % 2 == 0"});
  int factors = 0;
  for (int spad = 2; spad <= 24; spad += 2)
    for (int pe = 1; pe <= 4; ++pe) factors += 24 % (spad * pe) == 0;
  CHECK(space.count().feasible == 12 * factors);
  CHECK(space.count().exact);
}

TEST_CASE("an empty space names the constraint that closes it") {
  const Space space = make_space({{"pe_x", IntegerRange{1, 16, 1, false}}, {"pe_y", IntegerRange{1, 16, 1, false}}},
                                 {"pe_x * pe_y == 168", "pe_x + pe_y <= 25", "pe_x >= 4"});
  CHECK(space.count().feasible == 0);
  CHECK(space.count().exact);
  const auto closure = space.closure();
  REQUIRE(closure);
  CHECK(closure->proven);
  CHECK(closure->constraint == "pe_x + pe_y <= 25");
  CHECK(closure->left == 26);  // 12 x 14
  CHECK(closure->right == 25);
  CHECK(explain(*closure, space)
            .find("nothing is feasible: `pe_x + pe_y <= 25` closes the space; nearest it comes is 26 on") == 0);
}

TEST_CASE("several constraints can close a space together") {
  const Space space = make_space({{"x", IntegerRange{0, 9, 1, false}}}, {"x > 10", "x > 12", "x < 5"});
  const auto closure = space.closure();
  REQUIRE(closure);
  CHECK(closure->constraint == "x > 10; x > 12");
  CHECK(closure->nearest->numbers[0] == 4);
}

TEST_CASE("wrong parameters are refused with all their mistakes") {
  const std::vector<Parameter> wrong{
      {"a", IntegerRange{5, 1, 1, false}}, {"a", OrdinalValues{{2, 1}}}, {"b", CategoricalValues{{"x", "x"}}},
      {"c", RealRange{0, 1, true}},        {"d", PermutationItems{}},    {"e", Factorization{0, {"s"}}}};
  CHECK(check(wrong).size() == 7);
  CHECK_THROWS_AS(Space(wrong, {}), std::invalid_argument);
  CHECK_THROWS_AS(make_constraint("a + 1", {{"a", RealRange{}}}), ExpressionError);
}
