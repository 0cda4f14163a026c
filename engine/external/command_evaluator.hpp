// A user's simulator as an evaluator: any command that reads one JSON line and answers one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <dovetail/accelerators/evaluator.hpp>

namespace dovetail {

struct CommandOptions {
  std::string command;                                      ///< words for the shell, such as "python3 simulator.py"
  double timeout_s = 60.0;                                  ///< for one answer, wall time
  std::function<bool()> stop;                               ///< true: give up waiting
  std::function<void(const std::string& command)> started;  ///< told once, before the first question
};

/// What was asked of the command so far. Counts depend on threads (two may ask the same at once); answers do not.
struct CommandCounts {
  std::int64_t asked = 0, cached = 0, restarts = 0;
  std::int64_t unasked = 0;                      ///< processes that said a line that nobody asked for
  std::map<std::string, std::int64_t> failures;  ///< by reason, of designs that were asked
};

/// One process per thread that evaluates, started when needed and kept. Each is sent a design (the document that
/// `dovetail evaluate` reads: problem, arch, mapping) as one line, and answers one line:
///
///     {"cycles": 5760, "energy_pj": 1.25e6}                and, for reports, what else `dovetail evaluate` prints
///     {"valid": false, "violations": [{"constraint": "capacity"}]}
///     {"failed": "the compiler gave up"}                   ("error" does as well)
///
/// The design has a key `question`, a number. An answer that repeats it (as `dovetail evaluate -` does) is checked to
/// be to this question; a process whose answers do not is asked its first question twice, and has failed when it turns
/// out to have said more lines than it was asked for: then every line would be the answer to an earlier question.
///
/// A process that ends, or answers no such line, is replaced. What counts is the answer of a process that is asked
/// nothing before: when one that was in use fails, a fresh one is asked once more. So an answer is a function of the
/// line as long as the simulator's is, for any number of threads. One that is silent for `timeout_s` is killed. Answers
/// and failures are cached. `evaluate` throws std::runtime_error with the reason of a failure, and InputError when the
/// shell finds no such program.
class CommandEvaluator : public Evaluator {
 public:
  explicit CommandEvaluator(CommandOptions options);
  ~CommandEvaluator() override;
  std::string name() const override { return "evaluator"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override;
  CommandCounts counts() const;

 private:
  struct Workers;
  std::unique_ptr<Workers> workers_;
};

/// Reads an answer line. Throws std::runtime_error with a reason that is worth recording.
Evaluation read_answer(const std::string& line, const Layer& layer, const Architecture& architecture);

}  // namespace dovetail
