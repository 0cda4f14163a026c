// What accesses cost in energy and in cycles: the arithmetic that every form of the loop model shares, in one order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// The share of a tensor's accesses at a level that zeros of other operands leave: the product of the densities of the
/// tensors that gate the level (Level::gated_by), its own apart.
inline double share_not_gated(const Level& level, const Layer& layer, std::size_t tensor) {
  double share = 1.0;
  for (const std::string& name : level.gated_by) {
    for (std::size_t t = 0; t < layer.tensors.size(); ++t)
      if (t != tensor && !layer.tensors[t].written && layer.tensors[t].name == name) share *= layer.tensors[t].density;
  }
  return share;
}

/// Cost of moving words of one tensor at one level. A physical access moves block_size words of the memory; a tensor
/// word of its own width occupies word_bits / level word_bits memory words (packed without gaps).
struct AccessCost {
  double numerator = 1.0, denominator = 1.0;  ///< block accesses = ceil(words x numerator / denominator)
  double scale = 1.0;                         ///< numerator / denominator
  bool divides = false;                       ///< the denominator is no power of two
  double read_pj = 0.0, fill_pj = 0.0,
         update_pj = 0.0;  ///< per access, times the tensor's density (see loop_model.hpp)
  double rate = 1.0;       ///< memory words per tensor word that bandwidth must carry

  AccessCost() = default;
  /// Of an operand of a multiplication, with what zeros of the others save.
  AccessCost(const Level& level, const Layer& layer, std::size_t tensor)
      : AccessCost(level, layer.tensors[tensor], share_not_gated(level, layer, tensor)) {}
  /// `share` of the accesses happens; of fills all do.
  AccessCost(const Level& level, const Tensor& tensor, double share = 1.0) {
    const std::int64_t bits = tensor.word_bits > 0 ? tensor.word_bits : level.word_bits;
    const std::int64_t block_bits = level.block_size * level.word_bits;
    const std::int64_t common = std::max<std::int64_t>(1, std::gcd(bits, block_bits));
    const std::int64_t above = bits / common, below = block_bits / common;
    numerator = static_cast<double>(above);
    denominator = static_cast<double>(below);
    scale = numerator / denominator;
    divides = (below & (below - 1)) != 0;
    read_pj = level.energy.read_pj * tensor.density * share;
    fill_pj = level.energy.fill_pj * tensor.density;
    update_pj = level.energy.update_pj * tensor.density * share;
    rate = static_cast<double>(bits) / static_cast<double>(level.word_bits);
  }

  double accesses(double words) const {
    // A power of two in the denominator scales exactly; the division is needed, and slow, only otherwise.
    return std::ceil(divides ? words * numerator / denominator : words * scale);
  }
  double energy_pj(double reads, double fills, double updates) const {
    return accesses(reads) * read_pj + accesses(fills) * fill_pj + accesses(updates) * update_pj;
  }
};

/// Energy of one multiply-accumulate: a zero among the operands gates it, so the expected cost is the energy times the
/// product of the densities of all tensors that are read.
inline double compute_energy_per_op_pj(const Layer& layer, const Compute& compute) {
  double energy = compute.energy_per_op_pj;
  for (const Tensor& tensor : layer.tensors) {
    if (!tensor.written) energy *= tensor.density;
  }
  return energy;
}

/// Energy of all instances: instances that share a cluster share its accesses.
inline double over_instances(double energy_pj, double instances, double clusters) {
  return instances > clusters ? energy_pj / (instances / clusters) * instances : energy_pj * instances;
}

/// Clusters of a level: instances / cluster_size, at least one.
inline double cluster_count(const Level& level) {
  return static_cast<double>(std::max<std::int64_t>(1, level.instances / level.cluster_size));
}

/// Bandwidth limits in words per cycle; infinite where there is none.
struct Bandwidth {
  double read = std::numeric_limits<double>::infinity(), write = read, shared = read;
  Bandwidth() = default;
  explicit Bandwidth(const Level& level) {
    read = level.read_bandwidth.value_or(read);
    write = level.write_bandwidth.value_or(write);
    shared = level.shared_bandwidth.value_or(shared);
  }
};

/// Cycles of a level from its demand in words per cycle, in Timeloop's order of operations:
/// ceil(compute cycles / min(1, bandwidth / demand)).
inline double level_cycles(double compute_cycles, double read_rate, double write_rate, const Bandwidth& bandwidth) {
  double slowdown = 1.0;
  if (bandwidth.read < read_rate) slowdown = std::min(slowdown, bandwidth.read / read_rate);
  if (bandwidth.write < write_rate) slowdown = std::min(slowdown, bandwidth.write / write_rate);
  if (bandwidth.shared < read_rate + write_rate) {
    slowdown = std::min(slowdown, bandwidth.shared / (read_rate + write_rate));
  }
  return std::ceil(compute_cycles / slowdown);
}

/// Running sums over the groups of one tensor in the network under one instance of a level.
class NetworkSums {
 public:
  /// Without in-place reduction (a DRAM) a returning partial sum is sent down and up again: every group of a written
  /// tensor carries twice its words, less the words of the partition, which are written once without being sent down.
  NetworkSums(bool written, bool is_dram, double partition)
      : written_(written),
        doubled_(written && is_dram),
        partition_(partition) {}

  /// Adds the groups of one multicast factor; returns the words that enter the network for them.
  double add(double multicast, double words, double hop_words) {
    const double entering = doubled_ ? 2.0 * words - partition_ : words;
    injected_ += entering;
    if (entering > 0.0) {
      if (written_) reductions_ += (multicast - 1.0) * entering;
      hop_words_ += hop_words;
      routers_ = std::floor(routers_ + (1.0 + std::floor(hop_words / entering)) * entering);
    }
    return entering;
  }

  double spatial_reductions() const { return reductions_; }
  double average_hops() const { return injected_ > 0.0 ? hop_words_ / injected_ : 0.0; }
  double transfer_energy_pj(const LevelNetwork& network) const {
    return hop_words_ * network.energy_per_hop_pj + routers_ * network.router_energy_pj;
  }
  /// Transfers, words that neighbours passed on, and additions.
  double energy_pj(const LevelNetwork& network, double link_words, double adder_energy_pj) const {
    return transfer_energy_pj(network) + link_words * (network.energy_per_hop_pj + 2.0 * network.router_energy_pj) +
           reductions_ * adder_energy_pj;
  }

 private:
  bool written_, doubled_;
  double partition_, injected_ = 0.0, reductions_ = 0.0, hop_words_ = 0.0, routers_ = 0.0;
};

}  // namespace dovetail
