// What a study asks of every candidate: its goal, how mappings are searched, and who decides what they cost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/codesign/candidate/network_sum.hpp>
#include <dovetail/engine/fuse/chain.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/record/trial.hpp>

namespace dovetail {

struct StudyTerms {
  Goal goal;
  NetworkSum sum;
  std::shared_ptr<const Mapper> mapper;
  Bypass bypass = Bypass::search;
  Factors factors = Factors::perfect;
  Placement placement = Placement::even;
  std::int64_t budget = 0;  ///< as in a MapRequest, like the next two
  double gap = 0.0;
  std::uint64_t seed = 0;
  std::shared_ptr<const Evaluator> evaluator;  ///< null: the loop model, as the mappers use it
  bool external = false;                       ///< the evaluator is the user's: nothing is known about it
  int candidates = 8;                          ///< mappings of a layer that an external one is asked about
  double clock_hz = 0.0;
  Fusion fusion = Fusion::none;  ///< whether results may stay on chip between layers, whole or band by band

  bool fused() const { return fusion != Fusion::none; }
  /// Dimensions of a layer of the set that bands may cut.
  unsigned cut(const NetworkSet& work, std::size_t layer) const {
    return fusion == Fusion::bands ? work.cut[layer] : 0U;
  }
  /// One tile per level for all tensors, and factors that divide: what bounds of machines and proofs of networks are
  /// about.
  bool plain() const { return factors == Factors::perfect && placement == Placement::even; }
  /// The mapper is the exact one, without a budget, and the loop model decides.
  bool exactly_mapped() const { return evaluator == nullptr && mapper->name() == "exact" && budget == 0; }
  /// The mapper proves that plain mappings are best, or that there are none.
  bool exact() const { return exactly_mapped() && plain(); }
  /// Candidates are explored first, and only the best is mapped with all effort.
  bool explores() const { return exactly_mapped() && gap == 0.0; }
  /// Whether the mapper can put proofs off: exact, without a gap, and layer by layer.
  bool proofs_can_wait() const { return exact() && gap == 0.0 && !fused(); }
  /// Whether a network's optimum is one of its own, and proven as such.
  bool proofs_of_networks() const;
  /// The loop model's bounds hold for what decides on this machine: those of a mapper,
  bool loop_model_bounds(const Architecture& machine) const;
  /// and those of the machine, known before any mapping is.
  bool machine_bounds(const Architecture& machine) const { return plain() && loop_model_bounds(machine); }

  /// What a design is judged by.
  DesignFigures figures(double energy_pj, double cycles, double area_um2) const;
  /// Some spec is about what mappings cost.
  bool limits_mappings() const;
  /// Whether the machine keeps the specs that need no mapping.
  bool allows_area(double area_um2) const;
  /// Whether sums of costs from below show that no mapping keeps the specs.
  bool ruled_out(const CompulsoryCost& least) const;
  /// Metrics of the specs that figures break, in their order.
  std::vector<std::string> broken(const DesignFigures& figures) const;
  /// How costs are put together within the specs on a machine of this area.
  NetworkGoal network_goal(double area_um2) const;
};

}  // namespace dovetail
