// A mapper finds candidates with its own model; another evaluator decides between them.
#pragma once

#include <optional>
#include <string>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/mapper.hpp>

namespace dovetail {

/// The candidate that the evaluator likes best, with its answer; or why it took none of them.
struct Decision {
  std::optional<Mapping> mapping;
  Evaluation evaluation;
  double objective = 0.0;
  std::string failure;
};

/// Asks for the mapper's best mapping and for those of its front, in the order of the mapper's objective (ties: the front's
/// order), at most `candidates` of them; 0 asks for all. Request and result belong together; the result has a mapping.
Decision decide(const MapRequest& request, const MapResult& result, const Evaluator& evaluator,
                int candidates);

}  // namespace dovetail
