// How a trial ended: the one place that reads it from a record.
#pragma once

#include <string>
#include <variant>

#include <dovetail/engine/record/trial.hpp>

namespace dovetail {

/// Not asked to the end yet.
struct Pending {};
struct Feasible {};
/// By a spec on a metric that no mapping found keeps.
struct Infeasible {
  std::string metric;
  bool proven = false;  ///< no mapping on this machine keeps the specs
};
/// Given up because no design there has an objective below `bound`, which is all that its "objective" says unless it
/// was mapped.
struct Pruned {
  double bound = 0.0;
};
/// No mapping, or an evaluator that failed.
struct Failed {
  std::string reason;
};

using Outcome = std::variant<Pending, Feasible, Infeasible, Pruned, Failed>;

Outcome outcome_of(const Trial& trial);
/// pending, feasible, infeasible, pruned or failed.
const char* outcome_word(const Outcome& outcome);

inline bool is_feasible(const Outcome& outcome) {
  return std::holds_alternative<Feasible>(outcome);
}
inline bool is_pruned(const Outcome& outcome) {
  return std::holds_alternative<Pruned>(outcome);
}
/// Breaks a spec that another mapping might keep.
inline bool breaks_open_spec(const Outcome& outcome) {
  const auto* infeasible = std::get_if<Infeasible>(&outcome);
  return infeasible != nullptr && !infeasible->proven;
}

/// Completed, and its objective is that of mappings, not a bound.
bool is_measured(const Trial& trial);

/// The reason of a trial that breaks a spec, as records have it.
std::string spec_reason(const std::string& metric);

}  // namespace dovetail
