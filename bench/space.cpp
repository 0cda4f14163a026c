// What a count, a draw and a step cost: spaces of points and spaces of mappings, one thread, CPU time, best of five.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/family/features.hpp>
#include <dovetail/spaces/mapping/map_space.hpp>
#include <dovetail/spaces/space/encoding.hpp>
#include <dovetail/spaces/space/space.hpp>

#include "clocks.hpp"

using namespace dovetail;

namespace {

// Nanoseconds per call: the best of five runs of `calls` calls.
double nanoseconds(int calls, const std::function<void()>& body) {
  double best = 1e300;
  for (int run = 0; run < 5; ++run) {
    const double start = thread_seconds();
    for (int i = 0; i < calls; ++i) body();
    best = std::min(best, (thread_seconds() - start) / calls * 1e9);
  }
  return best;
}

void row(const std::string& what, const std::string& of, double ns) {
  fmt::print("{:34} {:26} {:14.0f} ns {:14.3g} /s\n", what, of, ns, 1e9 / ns);
}

Space make(std::vector<Parameter> parameters, const std::vector<std::string>& texts) {
  std::vector<Constraint> constraints;
  constraints.reserve(texts.size());
  for (const std::string& text : texts) constraints.push_back(make_constraint(text, parameters));
  return {std::move(parameters), std::move(constraints)};
}

OrdinalValues powers(int first, int last) {
  OrdinalValues result;
  for (int i = first; i <= last; ++i) result.values.push_back(static_cast<double>(1 << i));
  return result;
}

// The tile space of shared/reference/bo/problems.json.
Space tile_space() {
  return make({{"tm", powers(0, 8)},
               {"tn", powers(0, 7)},
               {"tk", powers(0, 9)},
               {"sm", powers(0, 6)},
               {"sn", powers(0, 6)},
               {"px", powers(2, 6)},
               {"py", powers(2, 6)},
               {"buf", powers(1, 7)},
               {"ord", CategoricalValues{{"MNK", "MKN", "NMK", "NKM", "KMN", "KNM"}}}},
              {"2*(tm*tk+tk*tn)+4*tm*tn <= 1024*buf", "sm <= min(px,tm)", "sn <= min(py,tn)", "px*py + 8*buf <= 384",
               "tm % sm == 0", "tn % sn == 0", "(tm/sm)*(tn/sn) <= 16", "4*sm*sn >= px*py"});
}

Architecture eyeriss() {
  const Family family = load_family("eyeriss");
  return family.instantiate(family.default_point());
}

void measure_points(const std::string& name, const std::function<Space()>& build) {
  row("prepare and count", name, nanoseconds(3, [&] { build().count(); }));
  const Space space = build();
  const SpaceSize size = space.count();
  Random random(1);
  Point point = *space.sample(random);
  row("sample", name, nanoseconds(2000, [&] { point = *space.sample(random); }));
  row("contains", name, nanoseconds(2000, [&] { (void)space.contains(point); }));
  row("neighbours, up to 50", name, nanoseconds(100, [&] { (void)space.neighbours(point, random, 50); }));
  if (size.exact) {
    fmt::print("    {:.6g} of {:.6g} points are feasible\n", size.feasible, size.points);
  } else {
    fmt::print("    {:.4g} % of the volume is feasible [{:.4g}, {:.4g}]\n", 100 * size.share, 100 * size.share_low,
               100 * size.share_high);
  }
}

void measure_mappings(const std::string& name, const Layer& layer, const Architecture& machine) {
  const MapSpace space(layer, machine);
  Random random(1);
  PackedMapping mapping;
  row("MapSpace()", name, nanoseconds(20, [&] { const MapSpace fresh(layer, machine); }));
  row("size", name, nanoseconds(3, [&] {
        const MapSpace fresh(layer, machine);
        (void)fresh.size();
      }));
  row("sample", name, nanoseconds(5000, [&] { (void)space.sample(random, mapping); }));
  row("neighbour", name, nanoseconds(20000, [&] { (void)space.neighbour(mapping, random); }));
  row("sample_uniform", name, nanoseconds(50, [&] { (void)space.sample_uniform(random, mapping); }));
  const MappingFeatures features(layer, machine);
  std::vector<double> out(static_cast<std::size_t>(features.size()));
  row("features", name, nanoseconds(5000, [&] { features.compute(mapping, out); }));
  const Share share = space.feasible_share(20000, random);
  fmt::print("    10^{:.2f} mappings ({} factor chains), {:.3g} % legal [{:.3g}, {:.3g}]\n", space.size().log10_total(),
             space.size().exact ? "counted" : "unmeshed", 100 * share.share, 100 * share.low, 100 * share.high);
}

}  // namespace

int main() {
  fmt::print("{:34} {:26} {:>17} {:>16}\n", "what", "of", "CPU time", "rate");
  measure_points("tile_edp", tile_space);
  measure_points("pe_x * pe_y == 168, 1e12", [] {
    return make({{"pe_x", IntegerRange{1, 1'000'000, 1, false}}, {"pe_y", IntegerRange{1, 1'000'000, 1, false}}},
                {"pe_x * pe_y == 168"});
  });
  measure_points("disc in a square, real", [] {
    return make({{"x", RealRange{0, 1, false}}, {"y", RealRange{0, 1, false}}}, {"x^2 + y^2 <= 0.01"});
  });
  for (const std::string& name : family_names()) measure_points(name, [&] { return load_family(name).space(); });
  const Architecture machine = eyeriss();
  measure_mappings("resnet18 conv2_x, eyeriss",
                   make_conv({.name = "conv2_x",
                              .in_channels = 64,
                              .out_channels = 64,
                              .out_height = 56,
                              .out_width = 56,
                              .kernel_height = 3,
                              .kernel_width = 3}),
                   machine);
  measure_mappings("resnet18 conv5_x, eyeriss",
                   make_conv({.name = "conv5_x",
                              .in_channels = 512,
                              .out_channels = 512,
                              .out_height = 7,
                              .out_width = 7,
                              .kernel_height = 3,
                              .kernel_width = 3}),
                   machine);
  measure_mappings("matmul 512, eyeriss", make_matmul({.name = "mm", .rows = 512, .columns = 512, .depth = 512}),
                   machine);
  const Family simba = load_family("simba");
  measure_mappings("resnet18 conv5_x, simba",
                   make_conv({.name = "conv5_x",
                              .in_channels = 512,
                              .out_channels = 512,
                              .out_height = 7,
                              .out_width = 7,
                              .kernel_height = 3,
                              .kernel_width = 3}),
                   simba.instantiate(simba.default_point()));
  return 0;
}
