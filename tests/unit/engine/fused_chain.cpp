// Chains with activations on chip, worked out by hand.
#include <doctest/doctest.h>

#include <string>

#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

using namespace dovetail;

namespace {

FusedChain two_products(std::int64_t capacity_words) {
  FusedChain chain;
  chain.machine = {capacity_words, 1.0, 100.0, 1.0, 1.0};
  ChainLayer layer;
  layer.rows = 4, layer.channels = 2, layer.columns = 2;
  chain.layers = {layer, layer};
  return chain;
}

}  // namespace

TEST_CASE("a result that stays in a large buffer costs no DRAM word") {
  // 16 operations a layer: 16 pJ of arithmetic, 64 - 8 buffer accesses. DRAM moves 8 + 4 + 8 words a layer, 12 of which
  // fill the buffer; with the result between them at home in the buffer 8 written and 8 read words go, and 8 fills.
  const FusedChain chain = two_products(1000);
  const ChainSchedule apart = schedule_chain(chain, Fusion::none);
  CHECK(apart.energy_pj == 2.0 * (16.0 + 56.0 + 12.0 + 2000.0));
  CHECK(apart.cycles == 2.0 * 20.0);
  const ChainSchedule home = schedule_chain(chain, Fusion::homes);
  CHECK(home.in_buffer == std::vector<int>{0});
  CHECK(home.energy_pj == apart.energy_pj - 1600.0 - 8.0);
  CHECK(home.cycles == 16.0 + 16.0);
  CHECK(compulsory_edp(chain) <= home.edp());
}

TEST_CASE("bands need less room than the whole result") {
  // Whole: 8 words of the result, and tiles of 2 + 4 or 4 + 2 beside it. By two rows the result takes 4.
  const FusedChain chain = two_products(12);
  CHECK(schedule_chain(chain, Fusion::homes).edp() >= schedule_chain(chain, Fusion::bands).edp());
  const FusedChain tight = two_products(9);
  const ChainSchedule bands = schedule_chain(tight, Fusion::bands);
  REQUIRE(bands.groups.size() == 1);
  CHECK(bands.groups[0].first == 0);
  CHECK(bands.groups[0].last == 1);
  CHECK(bands.edp() < schedule_chain(tight, Fusion::homes).edp());
}

TEST_CASE("a buffer without room for any tile is said so") {
  CHECK_FALSE(schedule_chain(two_products(2), Fusion::bands).feasible);
  CHECK(schedule_chain(two_products(3), Fusion::none).feasible);
}

TEST_CASE("mistakes of a chain are located, all of them") {
  const std::string text =
      R"({"schema": "fused-chain-case/1", "machine": {"capacity": 40, "bandwidth": 1, "dram": 2, "buffer": 1, "mac": 1},
 "layers": [{"kind": "matmul", "m": 8, "k": 6, "n": 4}, {"kind": "matmul", "m": 8, "k": 7, "n": 6},
            {"kind": "conv1d", "k": 1, "c": 1, "p": 4, "r": 1, "stride": 2}], "adds": [[2, 1]]})";
  Diagnostics diagnostics;
  CHECK_FALSE(read_fused_chain(parse_json(text, "chain.json"), diagnostics));
  CHECK(diagnostics.errors() == 3);
}
