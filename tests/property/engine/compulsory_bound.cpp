// No mapping costs less than what cannot be avoided: asked of families, layers, hardware points and sampled mappings.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <dovetail/engine/bound/layer_bound.hpp>
#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

TEST_CASE("used elements of a strided and of a dilated window") {
  const Layer pointwise = make_conv(
      {.name = "pointwise", .in_channels = 2, .out_height = 4, .out_width = 4, .stride_height = 2, .stride_width = 2});
  CHECK(used_elements(pointwise, pointwise.tensors[static_cast<std::size_t>(find_tensor(pointwise, "Inputs"))]) ==
        2 * 4 * 4);
  const Layer window =
      make_conv({.name = "window", .out_height = 4, .out_width = 1, .kernel_height = 3, .kernel_width = 1});
  CHECK(used_elements(window, window.tensors[static_cast<std::size_t>(find_tensor(window, "Inputs"))]) == 6);
}

TEST_CASE("no sampled mapping of any family is below the bound") {
  int mapped = 0;
  for (const std::string& family_name : family_names()) {
    const Family family = load_family(family_name);
    Random random(11, {1});
    for (const char* workload : {"dqn", "mlp", "alexnet", "mobilenetv2"}) {
      const std::vector<UniqueLayer> layers = unique_layers(load_workload(workload));
      for (int draw = 0; draw < 6; ++draw) {
        const Point point = draw == 0 ? family.default_point() : *family.space().sample(random);
        const Layer& layer = layers[static_cast<std::size_t>(random.below(layers.size()))].layer;
        for (const MappingObjective objective :
             {MappingObjective{1, 0}, MappingObjective{0, 1}, MappingObjective{1, 1}}) {
          MapRequest request;
          request.layer = layer;
          request.architecture = family.instantiate(point);
          request.rules = family.rules(layer, point);
          request.objective = objective;
          request.budget = 300;
          request.seed = static_cast<std::uint64_t>(draw);
          const MapResult result = make_mapper("evolution")->map(request);
          if (!result.mapping) continue;
          ++mapped;
          const CompulsoryCost bound = compulsory_cost(layer, request.architecture, request.rules);
          CAPTURE(family_name);
          CAPTURE(layer.name);
          CHECK(bound.energy_pj <= result.best.energy_pj);
          CHECK(bound.cycles <= static_cast<double>(result.best.cycles));
        }
      }
    }
  }
  CHECK(mapped > 100);
}

TEST_CASE("no mapping of a small layer on a machine of a family is below the bound of the layer") {
  const auto conv = [](std::int64_t filters, std::int64_t channels, std::int64_t side, std::int64_t window,
                       std::int64_t stride) {
    return make_conv({.name = fmt::format("{}x{}x{} {}/{}", filters, channels, side, window, stride),
                      .in_channels = channels,
                      .out_channels = filters,
                      .out_height = side,
                      .out_width = side,
                      .kernel_height = window,
                      .kernel_width = window,
                      .stride_height = stride,
                      .stride_width = stride});
  };
  const std::vector<Layer> layers = {conv(16, 8, 8, 1, 2),
                                     conv(8, 32, 6, 1, 3),
                                     conv(8, 8, 8, 2, 3),
                                     conv(6, 12, 9, 3, 2),
                                     conv(32, 48, 4, 3, 1),
                                     conv(128, 256, 2, 1, 1),
                                     make_matmul({.name = "24x36x40", .rows = 24, .columns = 36, .depth = 40}),
                                     make_matmul({.name = "2x512x96", .rows = 2, .columns = 512, .depth = 96})};
  for (const char* name : {"gemmini", "nvdla"}) {
    const Family family = load_family(name);
    Random random(12, {1});
    int compared = 0;
    for (std::size_t draw = 0; draw < 96; ++draw) {
      const Point point = *family.space().sample(random);
      MapRequest request;
      request.layer = layers[draw % layers.size()];
      request.architecture = family.instantiate(point);
      request.rules = family.rules(request.layer, point);
      request.bypass = Bypass::fixed;
      const LayerBound bound_of(request.layer);
      const CompulsoryCost bound = bound_of(request.architecture, request.rules, request.bypass);
      const CompulsoryCost quick = bound_of.quick(request.architecture, request.rules);
      const CompulsoryCost compulsory = compulsory_cost(request.layer, request.architecture, request.rules);
      CAPTURE(name);
      CAPTURE(draw);
      CAPTURE(request.layer.name);
      CHECK(quick.energy_pj <= bound.energy_pj);
      CHECK(quick.cycles <= bound.cycles);
      CHECK(quick.energy_pj >= compulsory.energy_pj);
      CHECK(quick.cycles >= compulsory.cycles);
      for (const bool energy : {true, false}) {
        request.objective = energy ? MappingObjective{1, 0} : MappingObjective{0, 1};
        const MapResult found = ExactMapper().map(request);
        if (!found.proven) continue;
        ++compared;
        if (energy)
          CHECK(bound.energy_pj <= found.best.energy_pj);
        else
          CHECK(bound.cycles <= static_cast<double>(found.best.cycles));
      }
    }
    CHECK(compared > 100);
  }
}
