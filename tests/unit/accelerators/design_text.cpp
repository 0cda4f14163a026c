// Machines and mappings as text, looked at as an architect would.
#include <doctest/doctest.h>

#include <string>

#include <dovetail/accelerators/machine/numbers_text.hpp>
#include <dovetail/accelerators/mapping/design.hpp>

using namespace dovetail;

namespace {

Design small() {
  return read_design(parse_yaml(R"(schema: dovetail-design/1
layer: {name: conv, conv: 8x8x8 -> 16, kernel: 3, pad: 1}
architecture:
  name: toy
  compute: {mesh_x: 4, mesh_y: 2, energy_per_op: 1, word_bits: 8}
  levels:
  - {name: Spad, mesh_x: 4, mesh_y: 2, capacity_words: 64, energy: 0.5, read_bandwidth: 2, multiple_buffering: 2}
  - {name: Buffer, capacity_words: 4096, block_size: 4, energy: {read: 6, fill: 6, update: 6.5, leak_per_cycle: 0.25}}
  - {name: DRAM, is_dram: true, energy: 200, shared_bandwidth: 1.5}
mapping:
  levels:
  - {level: Spad, temporal: R3 S3, keep: [Weights, Outputs]}
  - {level: Buffer, spatial_x: [[K, 4]], spatial_y: [C2], temporal: "P8 Q8"}
  - {level: DRAM, temporal: "K4 C4"}
)",
                                "d"));
}

}  // namespace

TEST_CASE("a machine is a tree with its figures in columns") {
  CHECK(tree(small().architecture) ==
        "toy: 8 multipliers\n"
        "              instances  capacity each           words/cycle each  pJ per access                              "
        "        um^2 each\n"
        "DRAM          1          unbounded x 16 bit      1.5 rd/wr         200                                        "
        "        0\n"
        "└─ Buffer     1          4,096 x 16 bit = 8 KiB  unlimited         6 rd, 6 fill, 6.5 upd / 4 words + "
        "0.25/cycle leak  0\n"
        "   └─ Spad    8 (4 x 2)  64 x 16 bit = 128 B     2 rd              0.5                                        "
        "        0          2-fold buffered\n"
        "      └─ MAC  8 (4 x 2)  8 bit                   1 MAC             1                                          "
        "        0\n");
}

TEST_CASE("a mapping is a loop nest with its tiles") {
  const Design design = small();
  CHECK(loop_nest(design.layer, design.architecture, *design.mapping) ==
        "DRAM: Weights 1,152, Inputs 800, Outputs 1,024 words\n"
        "| for K in 0..4\n"
        "|  for C in 0..4\n"
        "Buffer: Weights 72, Inputs 200, Outputs 256 words = 528 of 4,096 (13 %)\n"
        "|   for P in 0..8\n"
        "|    for Q in 0..8\n"
        "|     parallel C in 0..2 over Y\n"
        "|      parallel K in 0..4 over X\n"
        "Spad x 8 of 8: Weights 9, Outputs 1 words = 10 of 32 (31 %); Inputs bypasses\n"
        "|       for R in 0..3\n"
        "|        for S in 0..3\n"
        "MAC x 8 of 8: Outputs[N,K,P,Q] += Weights[K,C,R,S] * Inputs[N,C,P+R,Q+S]\n");
}

TEST_CASE("a mapping is a list of schedule primitives") {
  const Design design = small();
  CHECK(schedule_primitives(design.layer, design.architecture, *design.mapping) ==
        "# conv on toy\n"
        "# Outputs[N,K,P,Q] += Weights[K,C,R,S] * Inputs[N,C,P+R,Q+S]\n"
        "k0, k1 = split(K, factors=[4, 4])\n"
        "c0, c1 = split(C, factors=[4, 2])\n"
        "p = loop(P)  # 8\n"
        "q = loop(Q)  # 8\n"
        "r = loop(R)  # 3\n"
        "s = loop(S)  # 3\n"
        "reorder(k0, c0, p, q, c1, k1, r, s)\n"
        "cache_read(Weights, \"Buffer\", at=c0)  # 72 words\n"
        "cache_read(Inputs, \"Buffer\", at=c0)  # 200 words\n"
        "cache_write(Outputs, \"Buffer\", at=c0)  # 256 words\n"
        "bind(c1, \"Spad.y\")\n"
        "bind(k1, \"Spad.x\")\n"
        "cache_read(Weights, \"Spad\", at=k1)  # 9 words\n"
        "cache_write(Outputs, \"Spad\", at=k1)  # 1 word\n");
}

TEST_CASE("texts of mappings that nobody checked") {
  Design design = small();
  for (int i = 0; i < 8; ++i) design.mapping->levels[1].spatial_x.push_back({0, 2147483647});
  CHECK_NOTHROW(loop_nest(design.layer, design.architecture, *design.mapping));
  design.architecture.levels.clear();
  CHECK_NOTHROW(loop_nest(design.layer, design.architecture, *design.mapping));
  CHECK_NOTHROW(schedule_primitives(design.layer, design.architecture, *design.mapping));
}

TEST_CASE("numbers as people read them") {
  using namespace detail;
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(-1234567) == "-1,234,567");
  CHECK(thousands(INT64_MIN) == "-9,223,372,036,854,775,808");
  CHECK(figure(0.95) == "0.95");
  CHECK(figure(900000) == "900,000");
  CHECK(figure(1.60560) == "1.606");
  CHECK(bytes(440 * 8) == "440 B");
  CHECK(bytes(1048576.0 * 8) == "1 MiB");
}
