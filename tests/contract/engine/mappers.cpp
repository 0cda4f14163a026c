// What every mapper promises, asked of each by name.
#include <doctest/doctest.h>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/spaces/family/family.hpp>

using namespace dovetail;

namespace {

MapRequest request(std::uint64_t seed = 1) {
  const Family family = load_family("eyeriss");
  const Point& point = family.default_point();
  MapRequest made;
  made.layer = make_conv({.name = "conv",
                          .in_channels = 8,
                          .out_channels = 12,
                          .out_height = 6,
                          .out_width = 6,
                          .kernel_height = 3,
                          .kernel_width = 3});
  made.architecture = family.instantiate(point);
  made.rules = family.rules(made.layer, point);
  made.bypass = Bypass::fixed;
  made.budget = 120;
  made.seed = seed;
  return made;
}

}  // namespace

TEST_CASE("the answer is a legal mapping of the space, its figures are the loop model's, its bound is below") {
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    const MapRequest asked = request();
    const auto mapper = make_mapper(name);
    CHECK(mapper->name() == name);
    const MapResult result = mapper->map(asked);
    REQUIRE(result.mapping);
    CHECK(MapMoves(asked).contains(pack(asked.layer, *result.mapping)));
    const Evaluation again = LoopModel().evaluate(asked.layer, asked.architecture, *result.mapping);
    CHECK(again.valid());
    CHECK(again.energy_pj == result.best.energy_pj);
    CHECK(again.cycles == result.best.cycles);
    CHECK(result.objective == again.energy_pj * static_cast<double>(again.cycles));
    CHECK(result.lower_bound <= result.objective);
    CHECK(result.proven == (result.lower_bound == result.objective));
    CHECK(result.evaluations > 0);
    CHECK(result.evaluations <= asked.budget);
  }
}

TEST_CASE("the same request gives the same answer for any thread count") {
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    MapRequest asked = request(7);
    const auto mapper = make_mapper(name);
    const MapResult first = mapper->map(asked);
    asked.threads = 2;
    const MapResult second = mapper->map(asked);
    REQUIRE(first.mapping);
    REQUIRE(second.mapping);
    CHECK(*first.mapping == *second.mapping);
    CHECK(first.objective == second.objective);
    CHECK(first.evaluations == second.evaluations);
  }
}

TEST_CASE("the exact mapper's optimum is below what any other finds") {
  MapRequest asked = request(3);
  asked.budget = 0;
  const MapResult optimum = make_mapper("exact")->map(asked);
  REQUIRE(optimum.proven);
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    asked.budget = name == "exact" ? 0 : 150;
    CHECK(make_mapper(name)->map(asked).objective >= optimum.objective * (1.0 - 1e-12));
  }
}

TEST_CASE("no time: an answer at once, and said so") {
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    MapRequest asked = request();
    asked.time_s = 0.0;
    asked.budget = 0;
    CHECK(make_mapper(name)->map(asked).stopped == "time");
  }
}

TEST_CASE("nothing fits: no mapping, and the constraint that misses least") {
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    MapRequest asked = request();
    asked.architecture.levels.front().capacity_words = 0;
    LevelRules rules;
    rules.must_keep = 7;
    asked.rules.levels.front() = rules;
    const MapResult result = make_mapper(name)->map(asked);
    CHECK_FALSE(result.mapping);
    REQUIRE_FALSE(result.closest.empty());
    CHECK(result.closest.front().needed > result.closest.front().available);
  }
}

TEST_CASE("an unknown name is answered with the known ones") {
  CHECK_THROWS_WITH_AS(make_mapper("bays"), doctest::Contains("bayes"), std::invalid_argument);
}
