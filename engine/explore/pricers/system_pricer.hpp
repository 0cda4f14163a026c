// Costs of networks on a chip of several machines: layers mapped on each, then placed and scheduled.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/explore/pricers/mapped_pricer.hpp>
#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/place/placement.hpp>

namespace dovetail {

/// A candidate's networks on its machines. Times in cycles of `clock_mhz`, energies in pJ.
struct SystemSchedule {
  double clock_mhz = 0.0;
  PlacementProblem problem;
  PlacementResult result;
  std::size_t chosen = 0;  ///< of the front
  double edp_bound = 0.0;  ///< no schedule has a smaller product, where the front is not proven
  std::string failure;
  bool stopped = false;
};

/// A layer that none of a system's machines can run, and why the first of them cannot.
struct UnrunnableLayer {
  std::size_t network = 0;  ///< of the candidates'
  std::string layer, reason;
};

/// Metrics: latency_ms and cycles to the end of the last layer, energy_mj and energy_pj of all layers, edp, power_mw,
/// and per task TASK.latency_ms and TASK.energy_mj; placement_gap is the share of the schedule's EDP above the proven
/// bound (0 where the trade-offs themselves are proven). Machines without work are gated. Of the trade-offs of latency
/// and energy one schedule is taken: by `choose`, or the one with the least EDP.
class SystemPricer : public Stage {
 public:
  /// Picks one of several sets of this stage's metrics.
  using Choice = std::function<std::size_t(const std::vector<std::map<std::string, double>>&)>;
  virtual void choose_by(Choice choice) = 0;
  virtual SystemSchedule schedule(const NetworkCandidate& candidate, const StageEffort& effort) const = 0;
  /// The layers of a schedule in the order of its problem, on the machines where they were placed.
  virtual std::vector<PricedLayer> layers_of(const NetworkCandidate& candidate, const Schedule& schedule,
                                             const StageEffort& effort) const = 0;
  /// The first layer of the networks that are not searched that none of the system's machines can run, proven by the
  /// exact mapper; none where a slot may hold a family, whose machines are too many to ask.
  virtual std::optional<UnrunnableLayer> unrunnable(const StageEffort& effort) const = 0;
};

/// Cycles of machines with other clocks are converted to the fastest clock of the system's options, or are all of
/// `options.clock_mhz`.
std::unique_ptr<SystemPricer> make_system_pricer(const CandidateSpace& space, const MappedPricerOptions& options,
                                                 const PlacementOptions& placement);

}  // namespace dovetail
