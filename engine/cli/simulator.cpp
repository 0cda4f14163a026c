// The user's simulator of --evaluator.
#include "simulator.hpp"

#include <fmt/format.h>

#include "output.hpp"
#include "signals.hpp"

namespace dovetail::cli {

std::shared_ptr<const CommandEvaluator> Simulators::get(const std::string& command, double timeout_s) {
  if (command.empty()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& evaluator = all_[{command, timeout_s}];
  if (!evaluator)
    evaluator = std::make_shared<CommandEvaluator>(CommandOptions{
        command, timeout_s, interrupted,
        [](const std::string& words) { warn("evaluator: the shell runs {}\n", words); }});
  return evaluator;
}

std::shared_ptr<const CommandEvaluator> Simulators::get(const Study& study) {
  return get(study.evaluator, study.evaluator_timeout_s);
}

void Simulators::report() const {
  for (const auto& [name, evaluator] : all_) {
    const CommandCounts counts = evaluator->counts();
    warn("evaluator {}: {} designs asked, {} answered from cache, {} restarts\n", name.first,
               counts.asked, counts.cached, counts.restarts);
    if (counts.unasked > 0)
      warn("  {} times it said a line that nobody asked for\n", counts.unasked);
    for (const auto& [reason, count] : counts.failures)
      warn("  {} failed: {}\n", count, reason);
  }
}

}  // namespace dovetail::cli
