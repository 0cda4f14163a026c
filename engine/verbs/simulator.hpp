// The user's simulator of --evaluator: started for the command, told to give up at an interrupt, summed up at the end.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <dovetail/engine/external/command_evaluator.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {

/// The simulators of a command, by their words and timeout: rows of a sweep share their processes.
class Simulators {
 public:
  /// `asking` outlives it.
  explicit Simulators(const Asking& asking) : asking_(asking) {}

  /// Null without an evaluator.
  std::shared_ptr<const CommandEvaluator> get(const std::string& command, double timeout_s);
  std::shared_ptr<const CommandEvaluator> get(const Study& study);

  /// Tells how often each was asked, restarted, and why designs failed. Nothing when there is none.
  void report() const;

 private:
  const Asking& asking_;
  std::mutex mutex_;
  std::map<std::pair<std::string, double>, std::shared_ptr<const CommandEvaluator>> all_;
};

}  // namespace dovetail::verbs
