// What a search over networks wants: names for expressions over metrics, objectives, limits, and the stage after which
// each is known.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/record/trial.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/spaces/expression/expression.hpp>

namespace dovetail {

/// A limit: `spec` on a metric, or on an expression that then is a metric of its own.
struct MeasuredLimit {
  Spec spec;
  std::string text;    ///< as written
  int stage = 0;       ///< position of the stage after which it can be told
  bool known = false;  ///< its stages are cheap: it holds by construction
  Location where;
  bool follows = false;  ///< from another limit: it is no wish of its own
};

/// Metrics of the stages, then of the user, then those that only objectives and limits name by their expressions.
class Measures {
 public:
  /// Every mistake is located: a metric that no stage makes is named with the nearest.
  Measures(const std::vector<std::unique_ptr<Stage>>& stages, const StudyExploration& explore,
           Diagnostics& diagnostics);

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Objective>& objectives() const { return objectives_; }
  const std::vector<MeasuredLimit>& limits() const { return limits_; }
  const std::vector<std::string>& tables() const { return stage_metrics_; }
  Goal goal() const;

  /// Adds what can be computed once the stages up to `stage` have run.
  void extend(std::map<std::string, double>& metrics, int stage) const;
  /// The first limit that these metrics, known after `stage`, break; null when none.
  const MeasuredLimit* broken(const std::map<std::string, double>& metrics, int stage) const;
  /// Whether a limit that holds by construction needs this stage.
  bool needed_by_known(int stage) const;

 private:
  struct Derived {
    std::string name;
    Expression expression;
    int stage = 0;
    bool cheap = false;
  };
  int position(const std::string& text, const std::string& name, const char* what, const Location& where, int shift,
               Diagnostics& diagnostics);
  void add_limit(const StudyLimit& limit, Diagnostics& diagnostics);

  std::vector<std::string> names_, stage_metrics_;
  std::vector<int> stage_;               ///< per name
  std::vector<char> cheap_;              ///< per name
  std::vector<std::vector<int>> needs_;  ///< per name: the stages that it follows from
  std::vector<Symbol> symbols_;
  std::vector<Derived> derived_;
  std::vector<Objective> objectives_;
  std::vector<MeasuredLimit> limits_;
  std::vector<char> known_stage_;
};

}  // namespace dovetail
