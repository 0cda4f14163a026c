// Costs of networks on a machine: the best mapping of every layer, priced once per shape and machine over all
// candidates.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

struct MappedPricerOptions {
  std::string mapper = "exact";
  std::int64_t budget = 0;  ///< of mapping evaluations per layer
  double gap = 0.0;
  MappingObjective objective;
  Bypass bypass = Bypass::search;
  Factors factors = Factors::perfect;
  Placement placement = Placement::even;
  std::uint64_t seed = 0;
  std::optional<double> clock_mhz;  ///< none: the family's
};

/// latency_ms, energy_mj, energy_pj, cycles, edp and power_mw by the loop model: layers run one after the other, so
/// cycles and energies are sums of count x layer. A layer without a mapping fails the candidate.
std::unique_ptr<Stage> make_mapped_pricer(const CandidateSpace& space, const MappedPricerOptions& options);

}  // namespace dovetail
