// Ask for points, tell outcomes, in any order and at any time: a search driven from outside.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/history.hpp>
#include <dovetail/engine/record/store.hpp>

namespace dovetail {

/// A mistake of the caller (an unknown id, a missing metric); nothing of the call was recorded.
struct AskTellError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One outcome that is told: of an asked point by id, or of any point.
struct Tell {
  std::optional<std::int64_t> id;
  std::optional<Point> point;
  std::map<std::string, double> metrics;  ///< NaN and infinite ones make the trial failed
  std::optional<std::string> failed;      ///< the reason, in place of metrics
};

/// A designer with its trials.
///
///     AskTell session("bayes", context);
///     for (const Trial& trial : session.ask(4)) outcomes.push_back({trial.id, {}, measure(trial.point), {}});
///     session.tell(outcomes);
///     session.best();
///
/// With a store every call is recorded before it returns, whole or not at all, and opening the store again takes the
/// calls over: the session goes on where it stood, pending trials included, without searching again. Not thread-safe.
class AskTell {
 public:
  static constexpr int max_ask = 10000;  ///< points of one ask

  AskTell(const std::string& designer, DesignerContext context, std::shared_ptr<Store> store = nullptr);

  /// Up to `count` new pending trials; fewer when the space is exhausted, or when no other point was found.
  std::vector<Trial> ask(int count);

  /// Records outcomes: all of them, or (throwing AskTellError) none. A trial told again with the same outcome is
  /// accepted and changes nothing; with another outcome it is an error. A told point that is pending completes its
  /// trial.
  void tell(const std::vector<Tell>& outcomes);

  /// Whether every feasible point of the space is a trial.
  bool exhausted() const;

  /// The best trial that is feasible: by the first objective, ties to the lowest id.
  std::optional<Trial> best() const;

  const std::vector<Trial>& trials() const { return trials_; }  ///< by id, from 0
  const Space& space() const { return context_.space; }
  const std::vector<std::string>& notes() const { return notes_; }  ///< what the user should know of a resumed session
  const Goal& goal() const { return context_.goal; }

 private:
  Trial judge(const Tell& outcome) const;
  void expect(const std::vector<Trial>& asked);
  void complete(const std::vector<Trial>& completed);
  void consider(std::size_t place);
  void replay();
  DesignerHistory read_history();
  void repair_table();

  std::string name_;
  DesignerContext context_;
  std::unique_ptr<Designer> designer_;
  std::shared_ptr<Store> store_;
  std::vector<Trial> trials_;
  std::map<Point, std::int64_t> pending_;
  std::optional<std::size_t> best_;    ///< place in trials_
  std::optional<std::string> memory_;  ///< of the designer, as last recorded
  std::vector<std::string> notes_;
};

/// The outcomes of a JSON list as `tell` takes it, points read against the space. Throws AskTellError.
std::vector<Tell> read_outcomes(std::string_view text, const Space& space);

/// The answer to one line of the ask/tell protocol, without a line end. Never throws for what is in the line:
///
///     {"ask": n}                                     {"trials": [{"id": 0, "point": {...}}, ...]}; with fewer than n
///                                                    also "exhausted": true where every feasible point is a trial,
///                                                    else "not_found": "how many were, and that there may be more"
///     {"tell": [{"id": 0, "metrics": {...}}, ...]}   {"ok": true, "best": {"id", "point", "metrics"} or null}
///     {"tell": [{"id": 0, "failed": "reason"}]}      (a point never asked for: "point" in place of "id")
///     anything else                                  {"error": "what is wrong"}
///
/// NaN, Infinity, 1e999 and null as a metric mean that the trial failed. A line with any mistake changes nothing.
/// StorageError passes through: the caller ends.
std::string answer_line(AskTell& session, std::string_view line);

}  // namespace dovetail
