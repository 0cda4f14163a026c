// A network's best mappings equal the best of all combinations of mappings of its layers.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>
#include <dovetail/spaces/space/random.hpp>

#include "support/network_draws.hpp"

using namespace dovetail;
using namespace dovetail::tests;

TEST_CASE("the network's objective is the least of all combinations") {
  int cases = 0, apart = 0;
  for (std::uint64_t number = 0; cases < 60 && number < 500; ++number) {
    NetworkMapRequest request = draw(number);
    const std::optional<Sums> sums = enumerate(request);
    if (!sums || sums->empty()) continue;
    ++cases;
    apart += sums->size() > 1 ? 1 : 0;
    CAPTURE(number);
    for (const MappingObjective objective :
         {MappingObjective{1, 1}, MappingObjective{1, 2}, MappingObjective{2, 1}, MappingObjective{1, 0}}) {
      request.objective = objective;
      CAPTURE(objective.energy_power);
      CAPTURE(objective.cycles_power);
      const NetworkMapResult found = map_network(request);
      CHECK(found.feasible);
      CHECK(found.proven);
      CHECK(found.objective == doctest::Approx(least(*sums, objective)).epsilon(1e-9));
      CHECK(found.lower_bound == found.objective);
      for (const MapResult& layer : found.layers) CHECK(layer.lower_bound <= layer.objective);
    }
  }
  CHECK(cases == 60);
  CHECK(apart > 20);
}

TEST_CASE("a cutoff: what is not better is proven so, what is better is solved") {
  int cases = 0;
  for (std::uint64_t number = 1000; cases < 40 && number < 1500; ++number) {
    NetworkMapRequest request = draw(number);
    const std::optional<Sums> sums = enumerate(request);
    if (!sums || sums->empty()) continue;
    ++cases;
    CAPTURE(number);
    for (const MappingObjective objective : {MappingObjective{1, 1}, MappingObjective{2, 1}}) {
      request.objective = objective;
      const double truth = least(*sums, objective);
      for (const bool informed : {false, true}) {
        CAPTURE(informed);
        for (NetworkMapLayer& layer : request.layers) {
          layer.known.reset();
          MapRequest alone;
          alone.layer = layer.layer;
          alone.architecture = request.architecture;
          alone.rules = layer.rules;
          alone.objective = {1, 0};
          alone.bypass = request.bypass;
          if (informed) layer.known = ExactMapper().map(alone).mapping;
        }
        for (const double share : {0.5, 0.9, 0.99, 1.0, 1.01, 1.5}) {
          CAPTURE(share);
          request.cutoff = truth * share;
          const NetworkMapResult found = map_network(request);
          CHECK(found.lower_bound <= truth * (1 + 1e-9));
          CHECK(found.lower_bound >= std::min(request.cutoff, truth) * (1 - 1e-9));
          CHECK(found.objective >= truth * (1 - 1e-9));
          if (share > 1.0) CHECK(found.objective == doctest::Approx(truth).epsilon(1e-9));
        }
      }
    }
  }
  CHECK(cases == 40);
}

TEST_CASE("a gap ends the search early and is kept; threads change nothing; what does not fit is said") {
  NetworkMapRequest request;
  request.architecture = two_levels();
  request.layers = {
      {make_matmul({.name = "a", .rows = 4, .columns = 2, .depth = 3}), 2, {}},
      {make_matmul({.name = "b", .rows = 2, .columns = 6, .depth = 2}), 1, {}},
      {make_conv({.name = "c", .in_channels = 2, .out_channels = 2, .out_height = 3, .kernel_height = 2}), 3, {}}};
  const NetworkMapResult exact = map_network(request);
  request.threads = 2;
  const NetworkMapResult same = map_network(request);
  CHECK(same.objective == exact.objective);
  for (std::size_t l = 0; l < 3; ++l) CHECK(*same.layers[l].mapping == *exact.layers[l].mapping);
  request.gap = 0.5;
  const NetworkMapResult near = map_network(request);
  CHECK(near.lower_bound <= exact.objective);
  CHECK(near.objective >= exact.objective);
  CHECK(near.gap() <= 0.5);
  request.time_s = 0.0;
  const NetworkMapResult hurried = map_network(request);
  CHECK(hurried.feasible);
  CHECK(hurried.lower_bound <= exact.objective);
  CHECK(hurried.objective >= exact.objective);
  request.time_s.reset();
  request.architecture.levels[0].capacity_words = 1;
  request.bypass = Bypass::none;
  const NetworkMapResult none = map_network(request);
  CHECK_FALSE(none.feasible);
  CHECK_FALSE(none.layers[0].closest.empty());
}
