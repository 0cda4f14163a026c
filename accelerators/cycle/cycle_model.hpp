// Cycles of a mapping with everything the loop model leaves out: fill and drain, buffering, ports, latencies, psums.
#pragma once

#include <string>

#include <dovetail/accelerators/cycle/event_table.hpp>
#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

namespace dovetail {

/// Why a mapping takes as long as it takes. Times in cycles; busy + fill + drain + sum of stalls = cycles, exactly
/// (fractions of a cycle occur on machines with finer units).
struct CycleReport {
  struct Stall {
    std::string tensor, boundary;  ///< "Weights", "DRAM -> GlobalBuffer"
    StallCause cause = StallCause::bandwidth;
    double cycles = 0.0;
  };
  std::string machine;
  std::int64_t cycles = 0;
  double busy = 0.0, fill = 0.0, drain = 0.0;
  std::vector<Stall> stalls;        ///< largest first
  double level_bound = 0.0;         ///< cycles added because a level's total words need longer (ideal machines)
  std::int64_t loop_cycles = 0;     ///< the loop model's answer
  std::int64_t executed_steps = 0;  ///< of `steps`, really simulated
  std::int64_t steps = 0;
};

/// The cycle-level evaluator. Architecture::machine names the preset (empty: ideal). Legality, counts and energies are
/// the loop model's, since both move the same words; cycles, utilization and with them what is paid per cycle are its
/// own. With imperfect factors a clipped tile takes the time of a full one. On presets that use the document's
/// bandwidths the answer is never below the loop model's. Extra violation: "machine" (no such preset, or a layer that
/// it cannot run).
class CycleModel : public Evaluator {
 public:
  explicit CycleModel(LoopOptions options = {}) : options_(options) {}
  std::string name() const override { return "cycle"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override;

  /// The attribution of a legal mapping; throws std::invalid_argument for an illegal one.
  CycleReport explain(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const;

 private:
  LoopOptions options_;
};

/// Whether the machine would lose partial sums: it cannot write them back (Machine::spill is false), and the mapping
/// leaves an output tile before its reduction is done. Real machines then compute something else, however fast;
/// searches leave such mappings out. False for machines that spill, and for unknown ones.
bool loses_partial_sums(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

const char* to_string(StallCause cause);

/// The report as text: one line per stall with its share.
std::string to_text(const CycleReport& report);

}  // namespace dovetail
