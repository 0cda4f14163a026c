// A search over networks, and machines with them: a study bound to its families, tables and stages.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/explore/first_draws.hpp>
#include <dovetail/engine/explore/measures.hpp>
#include <dovetail/engine/explore/stage/exact_compression.hpp>
#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>

namespace dovetail {

class SystemGuess;
class SystemPricer;

/// A limit that no candidate meets.
struct Unreachable {
  const MeasuredLimit* limit = nullptr;  ///< null: every limit by itself can be met, all together cannot
  double nearest = 0.0;                  ///< the least (or largest) value that the metric has
  bool proven = false;                   ///< by listing all candidates; otherwise none was found
  std::string layer = {};                ///< not empty: no machine runs this one, in words; there is no limit then
  Location where = {};                   ///< of its network in the study
};

/// Makes the caller's own stage `accuracy`, in place of what the study says of accuracies.
using OwnAccuracy = std::function<std::unique_ptr<Stage>(const CandidateSpace& space)>;

/// Immutable; safe to use from several threads.
class Exploration {
 public:
  /// Throws InputError with every mistake of the study, its families and its tables.
  explicit Exploration(ExplorationStudy study, OwnAccuracy own_accuracy = {});
  ~Exploration();
  Exploration(const Exploration&) = delete;
  Exploration& operator=(const Exploration&) = delete;

  const ExplorationStudy& study() const { return study_; }
  const CandidateSpace& candidates() const { return candidates_; }
  const Space& space() const { return candidates_.space; }
  const std::vector<std::unique_ptr<Stage>>& stages() const { return stages_; }
  const Measures& measures() const { return *measures_; }
  const Goal& goal() const { return goal_; }
  bool searches_cheaply_first() const;          ///< by a cheap fidelity of all accuracies
  bool known_limits() const { return known_; }  ///< cheap limits hold by construction (designer option known: off)

  /// Runs the stages in order until one fails or a limit is broken. The trial has all metrics found, and under
  /// `stages_metric` how many stages it passed; a broken limit is its reason. None when stopped.
  std::optional<Trial> evaluate(std::int64_t id, const Point& point, const StageEffort& effort) const;
  /// Whether a point keeps the limits that hold by construction.
  bool admits(const Point& point) const;
  /// A point of the space that keeps them, where one is found.
  std::optional<Point> draw(Random& random) const;
  /// Systems around the best ones that steps from number to number do not reach: what stands in one slot in every other
  /// like it, machines of one in another, and where slots are alike already steps of one of them in all. Each stands
  /// for those that differ in the order of equal slots; some may break limits or be of other spaces.
  std::vector<Point> system_moves(std::span<const Point> best, Random& random) const;
  /// The limits that hold by construction, tried on all candidates or many.
  std::optional<Unreachable> unreachable() const;
  /// A layer of every candidate that no machine of the system can run.
  std::optional<Unreachable> unrunnable(const StageEffort& effort) const;

  /// The stage that places networks on several machines; null without a system.
  const SystemPricer* system_pricer() const { return system_pricer_; }
  /// The points of `start`.
  const std::vector<Point>& start() const { return start_; }
  std::unique_ptr<Designer> designer(int threads) const;
  StudyRecord record(const std::string& command, const std::string& version) const;

  /// How many candidates known limits have refused so far, distinct or not.
  std::int64_t refused() const { return refused_; }

  static constexpr const char* stages_metric = "stages";
  static constexpr int cheap_trials = 150;  ///< of a cheap fidelity, before the first full one

 private:
  void read_networks(Diagnostics& diagnostics);
  void read_machine(Diagnostics& diagnostics);
  void read_tiles(const std::string& family, Diagnostics& diagnostics);
  void read_compression(Diagnostics& diagnostics);
  Sensitivities read_sensitivities(const StudyAccuracy& accuracy, Diagnostics& diagnostics) const;
  void read_system_machines(Diagnostics& diagnostics);
  void add_following_limits();
  void check_budgets(Diagnostics& diagnostics) const;
  std::size_t choose_schedule(const std::vector<std::map<std::string, double>>& metrics) const;
  void make_stages(Diagnostics& diagnostics);
  void read_start(Diagnostics& diagnostics);
  std::vector<double> start_tiling(const Node& start) const;
  std::map<std::string, double> cheap_metrics(const Point& point) const;
  double known_violation(const Point& point) const;
  void make_guess();
  std::vector<double> guesses(const Point& point) const;
  std::optional<Trial> measured(std::int64_t id, const Point& point, const StageEffort& effort, bool cheaply) const;
  std::vector<ObjectivePart> accuracy_parts() const;
  std::vector<Trial> searched_cheaply(DesignerContext context) const;
  FirstDraws best_of(const std::vector<Trial>& trials) const;

  ExplorationStudy study_;
  OwnAccuracy own_accuracy_;
  CandidateSpace candidates_;
  std::vector<std::unique_ptr<Stage>> stages_;
  SystemPricer* system_pricer_ = nullptr;
  std::unique_ptr<Measures> measures_;
  Goal goal_;
  std::vector<Point> start_;
  bool known_ = true, small_ = false;  ///< small: all candidates can be listed
  std::unique_ptr<const SystemGuess> guess_;
  std::size_t guessed_ = 0;  ///< objectives, the first ones, that it has guesses of
  std::shared_ptr<const ExactCompression> exact_;
  mutable std::atomic<std::int64_t> refused_ = 0;
};

/// A finished or interrupted search.
struct ExplorationResult {
  std::vector<Trial> start;      ///< told first, not counted
  std::vector<Trial> trials;     ///< by id
  std::optional<Trial> best;     ///< feasible, by the first objective
  std::vector<Trial> front;      ///< of several objectives
  std::optional<Trial> closest;  ///< without a feasible trial: the one that breaks its limits least
  std::int64_t feasible = 0;
  std::map<std::string, std::int64_t> infeasible;  ///< by reason
  std::vector<std::int64_t> reached, ended;        ///< per stage: trials that ran it, trials that it ended
  std::optional<Unreachable> unreachable;          ///< nothing was tried then
  int slow_stage = -1;             ///< the stage that takes long (a training, a user's command); -1: none does
  double slow_seconds = 0.0;       ///< of the trials that reached it
  std::int64_t refused = 0;        ///< candidates that known limits kept from being suggested
  std::string stopped = "trials";  ///< trials, exhausted, time, interrupt, unreachable
  double seconds = 0.0;
};

struct ExplorationProgress {
  std::int64_t done = 0, total = 0;
  std::optional<double> best;
  double seconds = 0.0;
};

struct ExplorationOptions {
  int threads = 0;
  Store* store = nullptr;
  Queue* queue = nullptr;  ///< who evaluates, and records it in `store`; null: the threads of this process
  std::function<bool()> interrupted;
  std::function<void(const ExplorationProgress&)> progress;
};

/// The outcome of a job on so many threads; none when stopped.
std::optional<StoredTrial> evaluate_job(const Exploration& exploration, const Job& job, int threads,
                                        const std::function<bool()>& stop);

/// Rounds of `batch` points, or one at a lag: a function of the study alone. Trials that the store holds are replayed.
ExplorationResult run(const Exploration& exploration, const ExplorationOptions& options);

/// Feasible: completed, and no limit broken.
bool is_feasible(const Trial& trial);

}  // namespace dovetail
