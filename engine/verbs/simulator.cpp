// The user's simulator of --evaluator.
#include <dovetail/engine/verbs/simulator.hpp>

#include <fmt/format.h>

namespace dovetail::verbs {

std::shared_ptr<const CommandEvaluator> Simulators::get(const std::string& command, double timeout_s) {
  if (command.empty()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& evaluator = all_[{command, timeout_s}];
  if (!evaluator)
    evaluator = std::make_shared<CommandEvaluator>(
        CommandOptions{command, timeout_s, asking_.stop,
                       [this](const std::string& words) { asking_.note("evaluator: the shell runs {}\n", words); }});
  return evaluator;
}

std::shared_ptr<const CommandEvaluator> Simulators::get(const Study& study) {
  return get(study.evaluator, study.evaluator_timeout_s);
}

void Simulators::report() const {
  for (const auto& [name, evaluator] : all_) {
    const CommandCounts counts = evaluator->counts();
    asking_.note("evaluator {}: {} designs asked, {} answered from cache, {} restarts\n", name.first, counts.asked,
                 counts.cached, counts.restarts);
    if (counts.unasked > 0) asking_.note("  {} times it said a line that nobody asked for\n", counts.unasked);
    for (const auto& [reason, count] : counts.failures) asking_.note("  {} failed: {}\n", count, reason);
  }
}

}  // namespace dovetail::verbs
