// Do features have the values that paper and pencil give?
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <dovetail/spaces/family/features.hpp>
#include <dovetail/spaces/mapping/map_space.hpp>

using namespace dovetail;

namespace {

// C[M,N] += A[M,K] B[K,N] with M = 8, N = 4, K = 16 on 2 x 2 units, a 64-word buffer and DRAM.
Architecture machine() {
  Architecture m;
  m.compute = {.name = "MAC", .instances = 4, .mesh_x = 2, .mesh_y = 2, .energy_per_op_pj = 1.0};
  m.levels.resize(2);
  m.levels[0].name = "Buffer";
  m.levels[0].capacity_words = 64;
  m.levels[0].read_bandwidth = 8;
  m.levels[0].energy.read_pj = 4;
  m.levels[1].name = "DRAM";
  m.levels[1].is_dram = true;
  m.levels[1].read_bandwidth = 4;
  m.levels[1].block_size = 4;
  m.levels[1].energy.read_pj = 800;
  return m;
}

Layer layer() {
  return make_matmul({.name = "mm", .rows = 8, .columns = 4, .depth = 16});
}

double named(const std::vector<Feature>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Feature& f) { return f.name == name; });
  REQUIRE_MESSAGE(found != all.end(), name);
  return found->value;
}

}  // namespace

TEST_CASE("features of a machine") {
  const std::vector<Layer> layers{layer()};
  const auto features = hardware_features(machine(), layers);
  CHECK(named(features, "pes") == 2);
  CHECK(named(features, "mesh_ratio") == 0);
  CHECK(named(features, "words.Buffer") == 6);
  CHECK(named(features, "words_share.Buffer") == 1);
  CHECK(named(features, "energy.Buffer") == 2);
  CHECK(named(features, "energy.DRAM") == doctest::Approx(std::log2(200)));
  CHECK(named(features, "bandwidth.DRAM") == 0);
  CHECK(named(features, "mesh_fit") == 1);
  CHECK(named(features, "holds.Buffer.Inputs") == 0.5);
  CHECK(named(features, "holds.Buffer.Outputs") == 1);
  // 512 / 4 cycles of compute over (128 + 64 + 32) / 4 cycles of DRAM.
  CHECK(named(features, "balance") == doctest::Approx(std::log2(128.0 / 56)));
}

TEST_CASE("features of a mapping") {
  const Layer mm = layer();
  const int m = find_dimension(mm, "M"), n = find_dimension(mm, "N"), k = find_dimension(mm, "K");
  const MappingFeatures features(mm, machine());
  Mapping mapping;
  mapping.levels.resize(2);
  mapping.levels[0].keep = mapping.levels[1].keep = 7;
  mapping.levels[0].spatial_x = {{m, 2}};
  mapping.levels[0].spatial_y = {{n, 2}};
  mapping.levels[0].temporal = {{n, 2}, {k, 4}};
  mapping.levels[1].temporal = {{k, 4}, {m, 4}};  // K outside, M inside
  const PackedMapping packed = pack(mm, mapping);
  const std::vector<double> x = features(packed);
  const auto get = [&](const std::string& name) {
    const auto found = std::find(features.names().begin(), features.names().end(), name);
    REQUIRE_MESSAGE(found != features.names().end(), name);
    return x[static_cast<std::size_t>(found - features.names().begin())];
  };
  CHECK(std::set<std::string>(features.names().begin(), features.names().end()).size() == features.names().size());
  CHECK(get("pe_use") == 1);
  CHECK(get("mesh_x.Buffer") == 1);
  CHECK(get("factor.Buffer.x.M") == doctest::Approx(1.0 / 3));
  CHECK(get("factor.DRAM.t.K") == 0.5);
  // Tile in the buffer: M 2, N 4, K 4: Inputs 8, Weights 16, Outputs 8 words of 64.
  CHECK(get("use.Buffer.Inputs") == 0.125);
  CHECK(get("use.Buffer.Weights") == 0.25);
  CHECK(get("use.Buffer") == 0.5);
  // Weights (K, N) stay while M runs inside; every tensor's DRAM words: Inputs 8 x 16, Weights 16 x 4, Outputs 8 x 16.
  CHECK(get("stationary.DRAM.Weights") == doctest::Approx(2.0 / 16));
  CHECK(get("stationary.DRAM.Inputs") == 0);
  CHECK(get("reuse.DRAM.Weights") == doctest::Approx(std::log2(512.0 / 64) / 16));
  CHECK(get("reuse.DRAM.Inputs") == doctest::Approx(std::log2(512.0 / 128) / 16));
  CHECK(get("intensity") == doctest::Approx(std::log2(512.0 / 320) / 16));
  CHECK(get("balance.DRAM") == doctest::Approx(std::log2(128.0 / 80) / 16));
}

TEST_CASE("a family's features lie in [0, 1] and tell points apart") {
  const Family family = load_family("eyeriss");
  const std::vector<Layer> layers{make_conv({.name = "c",
                                             .in_channels = 64,
                                             .out_channels = 64,
                                             .out_height = 56,
                                             .out_width = 56,
                                             .kernel_height = 3,
                                             .kernel_width = 3})};
  const HardwareFeatures both(family, layers), raw(family, layers, {.domain = false, .raw = true}),
      domain(family, layers, {.domain = true, .raw = false});
  CHECK(both.names().size() == raw.names().size() + domain.names().size());
  CHECK(domain.names().size() > 5);
  Random random(1);
  std::set<std::vector<double>> seen;
  std::set<Point> points;
  for (int i = 0; i < 200; ++i) {
    const Point point = *family.space().sample(random);
    const std::vector<double> x = both(point);
    REQUIRE(x.size() == both.names().size());
    for (const double value : x) REQUIRE((value >= -0.5 && value <= 1.5));
    seen.insert(x);
    points.insert(point);
  }
  CHECK(seen.size() == points.size());
}
