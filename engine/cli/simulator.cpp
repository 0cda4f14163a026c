// The user's simulator of --evaluator.
#include "simulator.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "signals.hpp"

namespace dovetail::cli {

std::shared_ptr<const CommandEvaluator> Simulators::get(const std::string& command, double timeout_s) {
  if (command.empty()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& evaluator = all_[{command, timeout_s}];
  if (!evaluator)
    evaluator = std::make_shared<CommandEvaluator>(CommandOptions{command, timeout_s, interrupted});
  return evaluator;
}

std::shared_ptr<const CommandEvaluator> Simulators::get(const Study& study) {
  return get(study.evaluator, study.evaluator_timeout_s);
}

void Simulators::report() const {
  for (const auto& [name, evaluator] : all_) {
    const CommandCounts counts = evaluator->counts();
    fmt::print(stderr, "evaluator {}: {} designs asked, {} answered from cache, {} restarts\n", name.first,
               counts.asked, counts.cached, counts.restarts);
    for (const auto& [reason, count] : counts.failures)
      fmt::print(stderr, "  {} failed: {}\n", count, reason);
  }
}

}  // namespace dovetail::cli
