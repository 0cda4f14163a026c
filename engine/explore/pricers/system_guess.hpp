// What networks may cost on a chip of several machines, from bounds of their layers: nothing is mapped or scheduled.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/codesign/candidate/layer_pool.hpp>
#include <dovetail/engine/explore/stage/candidate.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Some parts of networks, as often as they occur: costs on each machine.
struct SharedWork {
  std::size_t network = 0;
  std::vector<double> cycles, energy_pj;  ///< one per machine; infinite cycles where it cannot run
};

/// A trade-off of the time until all is done and the energy.
struct FluidCost {
  double cycles = 0.0, energy_pj = 0.0;
};

/// Trade-offs of work that may be divided among machines at will, each network's own work one part after the other:
/// from least energy to least time, a cycle being worth more and more energy. Each is the mean of assignments that
/// follow prices of the machines' and the networks' time; multiplicative updates raise the prices of what is busy
/// (Arora, Hazan & Kale, Theory of Computing 8, 2012). Microseconds; good guesses rather than bounds.
std::vector<FluidCost> fluid_costs(const std::vector<SharedWork>& work, std::size_t machines, std::size_t networks);

/// Guesses for systems whose networks are given: each layer costs its lower bound on each machine, then work is fluid.
/// Costs of a machine are remembered. Safe to use from several threads.
class SystemGuess {
 public:
  SystemGuess(const CandidateSpace& space, Bypass bypass, std::optional<double> clock_mhz);

  /// Whether all networks are as they are: searched ones have no layers to table beforehand.
  static bool possible(const CandidateSpace& space);

  /// Empty where some layer runs nowhere. Cycles of the system's clock.
  std::vector<FluidCost> operator()(const NetworkCandidate& candidate) const;
  double clock_mhz() const { return clock_mhz_; }

 private:
  struct Part {
    std::size_t network = 0;
    const PoolLayer* layer = nullptr;
    double count = 1.0;
  };
  using Costs = std::vector<CompulsoryCost>;  ///< per part
  std::shared_ptr<const Costs> costs(const SystemMachine& machine) const;

  const CandidateSpace& space_;
  Bypass bypass_;
  bool one_clock_ = false;
  double clock_mhz_ = 0.0;
  LayerPool pool_;
  std::vector<Part> parts_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Costs>> known_;
};

}  // namespace dovetail
