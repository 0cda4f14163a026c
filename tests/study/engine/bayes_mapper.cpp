// The surrogate earns its keep: at equal evaluations the Bayesian mapper ends below random draws.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/family/family.hpp>

using namespace dovetail;

namespace {

double median_objective(const std::string& name, MapRequest request, int seeds) {
  std::vector<double> found;
  for (int seed = 0; seed < seeds; ++seed) {
    request.seed = static_cast<std::uint64_t>(seed);
    found.push_back(make_mapper(name)->map(request).objective);
  }
  std::sort(found.begin(), found.end());
  return found[found.size() / 2];
}

}  // namespace

TEST_CASE("Bayesian against random mapping, medians of five fixed seeds") {
  const std::vector<Layer> layers = {make_conv({.name = "conv4_x",
                                                .in_channels = 256,
                                                .out_channels = 256,
                                                .out_height = 14,
                                                .out_width = 14,
                                                .kernel_height = 3,
                                                .kernel_width = 3}),
                                     make_matmul({.name = "gemm", .rows = 512, .columns = 768, .depth = 768})};
  for (const char* machine : {"eyeriss", "gemmini"}) {
    const Family family = load_family(machine);
    const Point& point = family.default_point();
    for (const Layer& layer : layers) {
      MapRequest request;
      request.layer = layer;
      request.architecture = family.instantiate(point);
      request.rules = family.rules(layer, point);
      request.bypass = Bypass::fixed;
      request.budget = 100;
      const double random = median_objective("random", request, 5);
      const double bayes = median_objective("bayes", request, 5);
      MESSAGE(family.name(), " ", layer.name, ": bayes ", bayes, ", random ", random, ", ratio ", bayes / random);
      CHECK(bayes < random);
    }
  }
}
