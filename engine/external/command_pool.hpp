// Processes of a user's command that answer one JSON line with one: kept, replaced when they fail, and asked nothing
// twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// The rules of `--evaluator` for any question: a process that ends, or answers no JSON object, is replaced; what
/// counts is the answer of one that was asked nothing before, so a fresh one is asked once more when one that was in
/// use fails; one that is silent for `timeout_s` is killed. Answers and failures are kept. Thread-safe. The shell finds
/// no such program: what every question would meet.
struct CommandMissing : InputError {
  using InputError::InputError;
};

class CommandPool {
 public:
  struct Answer {
    nlohmann::ordered_json value;  ///< an object, unless it failed
    std::string failure;           ///< one line; empty: none
    bool stopped = false;          ///< we were told to stop: neither answer nor failure
  };
  /// `option` names the command in messages.
  CommandPool(std::string command, double timeout_s, std::string option);
  ~CommandPool();
  /// Throws InputError when the shell finds no such program.
  Answer ask(const std::string& line, const std::function<bool()>& stop) const;
  /// Questions so far, and how many were different.
  std::int64_t asked() const;
  std::int64_t distinct() const;

 private:
  struct Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace dovetail
