// The user's simulator of --evaluator: started for the command, told to give up at an interrupt, summed up at the end.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <dovetail/engine/external/command_evaluator.hpp>
#include <dovetail/engine/study/study.hpp>

namespace dovetail::cli {

/// The simulators of a command, by their words and timeout: rows of a sweep share their processes.
class Simulators {
 public:
  /// Null without an evaluator.
  std::shared_ptr<const CommandEvaluator> get(const std::string& command, double timeout_s);
  std::shared_ptr<const CommandEvaluator> get(const Study& study);

  /// On stderr: how often each was asked, restarted, and why designs failed. Nothing when there is none.
  void report() const;

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, double>, std::shared_ptr<const CommandEvaluator>> all_;
};

}  // namespace dovetail::cli
