// A mapper finds candidates with the loop model; another evaluator decides between them, or near them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/map/network/limited_mapper.hpp>

namespace dovetail {

/// The candidate that the evaluator likes best, with its answer; or why it took none of them.
struct Decision {
  std::optional<Mapping> mapping;
  Evaluation evaluation;
  double objective = 0.0;
  double screened_objective = 0.0;   ///< the evaluator's, of the mapper's own best; 0: refused
  std::int64_t asked = 0;            ///< mappings that the evaluator saw
  std::vector<LimitedMapping> seen;  ///< those that it found legal, with its answers: the Pareto-best of them
  std::string failure;
};

/// What is asked besides the mapper's best mapping.
struct Screening {
  int candidates =
      0;  ///< at most so many in all, the best by the mapper's objective (ties: the front's order); 0: the whole front
  std::int64_t climb = 0;  ///< questions about random changes of the best candidate, as long as they help
  bool bounded = false;  ///< the loop model's objective is never above the evaluator's: what it rules out is not asked
  bool keep_partial_sums = false;  ///< leave out mappings whose partial sums the machine would lose
};

/// Whether the loop model's cycles and energy are never above the cycle model's on this machine, so that its bounds
/// hold: machines that use the document's bandwidths, load on change and spill partial sums.
bool loop_model_bounds(const Architecture& architecture);

/// How the cycle model is asked: the whole front, then 1000 changes.
Screening cycle_screening(const Architecture& architecture);

/// Asks. Request and result belong together; the result has a mapping. A function of its arguments alone.
Decision decide(const MapRequest& request, const MapResult& result, const Evaluator& evaluator,
                const Screening& screening);

}  // namespace dovetail
