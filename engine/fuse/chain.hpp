// Activations on chip: a chain of layers on a two-level machine, each result in DRAM, whole in the buffer, or in bands.
//
// The model is stated exactly in the project's reference "residency-1" (schema fused-chain-case/1). Layers run one
// after another. The result of a layer has a home: DRAM, or the buffer from its producer to its last reader.
// Consecutive layers may run as a group, band by band over equal parts of the last one's rows: results inside the group
// live in the buffer, a band of them, and die with it. What every layer costs at the capacity that is left is a front
// of (energy, cycles); fronts add along a path over (layer, results alive in the buffer), so the best path is exact.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dovetail {

/// One multiply-accumulate a cycle, one buffer that keeps every tensor, and DRAM. Energies in pJ per word and
/// operation.
struct ChainMachine {
  std::int64_t capacity_words = 0;
  double bandwidth_words_per_cycle = 1.0;  ///< of DRAM, reads and writes together
  double dram_pj = 0.0, buffer_pj = 0.0, mac_pj = 0.0;
};

/// O[m,n] += I[m,k] W[k,n], or in one dimension O[k,p] += I[c, stride p + r] W[k,c,r] without padding.
struct ChainLayer {
  enum class Kind : std::uint8_t { matmul, conv1d };
  Kind kind = Kind::matmul;
  std::int64_t rows = 1;      ///< m, or p: what bands cut
  std::int64_t columns = 1;   ///< n, or k: results per row
  std::int64_t channels = 1;  ///< k, or c: operands per result and tap
  std::int64_t taps = 1;      ///< r; 1 of a product
  std::int64_t stride = 1;    ///< 1 of a product
  std::int64_t macs() const { return rows * columns * channels * taps; }
  std::int64_t input_words() const { return channels * (stride * (rows - 1) + taps); }
  std::int64_t weight_words() const { return columns * channels * taps; }
  std::int64_t output_words() const { return rows * columns; }
  auto operator<=>(const ChainLayer&) const = default;
};

enum class Fusion : std::uint8_t { none, homes, bands };

struct FusedChain {
  std::string name;
  ChainMachine machine;
  std::vector<ChainLayer> layers;
  std::vector<std::pair<int, int>> adds;  ///< the output of the first is added to that of the second, a later one
};

/// Layers first .. last run in `bands` parts.
struct ChainGroup {
  int first = 0, last = 0;
  std::int64_t bands = 1;
  bool pinned = false;  ///< all weights of the group stay in the buffer, read once
  bool retain = false;  ///< rows that two bands share stay in the buffer; otherwise they are computed again
  bool operator==(const ChainGroup&) const = default;
};

/// The cheapest way to run a chain: least (sum of energies) x (sum of cycles).
struct ChainSchedule {
  bool feasible = false;  ///< false: some layer has no tile that fits
  double energy_pj = 0.0, cycles = 0.0;
  std::vector<int> in_buffer;      ///< results with a home in the buffer, outside groups
  std::vector<ChainGroup> groups;  ///< in the order of layers
  double edp() const { return energy_pj * cycles; }
};

/// Exact. With `none` every result lives in DRAM.
ChainSchedule schedule_chain(const FusedChain& chain, Fusion fusion);

/// Energy and cycles of the schedules that no other one is at least as good as in both, by rising energy.
std::vector<std::pair<double, double>> chain_front(const FusedChain& chain, Fusion fusion);

/// What no schedule of the chain is below, without a search: the network's input and output and all weights cross the
/// DRAM boundary once, every operand is read from the buffer once per operation. Energy x cycles.
double compulsory_edp(const FusedChain& chain);

}  // namespace dovetail
