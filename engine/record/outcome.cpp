// How a trial ended (see the header).
#include <dovetail/engine/record/outcome.hpp>

#include <string_view>

namespace dovetail {
namespace {

constexpr std::string_view spec_words = "spec ";
constexpr const char* pruned_metric = "pruned";

bool has(const Trial& trial, const char* metric) {
  return trial.metrics.count(metric) != 0;
}

}  // namespace

std::string spec_reason(const std::string& metric) {
  return std::string(spec_words) + metric;
}

Outcome outcome_of(const Trial& trial) {
  if (trial.state == TrialState::pending) return Pending{};
  if (trial.state == TrialState::failed) return Failed{trial.reason};
  if (!trial.reason.empty()) {
    const bool spec = trial.reason.starts_with(spec_words);
    std::string metric = spec ? trial.reason.substr(spec_words.size()) : trial.reason;
    const Metric* known = find_metric(metric);
    // What the machine alone has, no mapping changes.
    const bool proven = has(trial, excluded_metric) || (known != nullptr && known->before_mapping);
    return Infeasible{std::move(metric), proven};
  }
  if (has(trial, pruned_metric)) {
    const auto found = trial.metrics.find("lower_bound");
    return Pruned{found == trial.metrics.end() ? 0.0 : found->second};
  }
  return Feasible{};
}

bool is_measured(const Trial& trial) {
  return trial.state == TrialState::completed && !has(trial, pruned_metric);
}

const char* outcome_word(const Outcome& outcome) {
  constexpr const char* words[] = {"pending", "feasible", "infeasible", "pruned", "failed"};
  return words[outcome.index()];
}

}  // namespace dovetail
