// The co-design loop: suggest, evaluate, record, learn. The outer half of the co-design.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include <fmt/format.h>

#include <dovetail/engine/codesign/candidate/design_front.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/proof/space_bound.hpp>
#include <dovetail/engine/codesign/proof/space_prover.hpp>
#include <dovetail/engine/design/history.hpp>
#include <dovetail/engine/record/local_queue.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/engine/report/job_outcome.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/study/trial_loop.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

using Clock = std::chrono::steady_clock;

// Effort of the proofs that were put off: of one layer some seconds, of all about what the search took.
constexpr double proof_memory_mb = 16.0;
constexpr double best_memory_mb = 256.0;  // of the best machine's own
constexpr std::int64_t proof_labels_per_trial = 5'000;
constexpr std::int64_t proof_boxes = 20'000'000;  // of a proof that was asked for: what it may hold in memory

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Everything that the loop below changes while it runs.
class Run {
 public:
  Run(const Codesign& codesign, const CodesignOptions& options)
      : codesign_(codesign),
        options_(options),
        threads_(thread_count(options.threads)) {
    if (options.store != nullptr) {
      for (StoredTrial& stored : options.store->trials()) stored_.emplace(stored.trial.id, std::move(stored.trial));
      read_rounds(options.store->events());
    }
  }

  CodesignResult result() {
    evaluate_hand_design();
    start_from_hand_design();
    const Study& study = codesign_.study();
    check_rounds();
    search(*codesign_.designer(threads_), study.trials);
    recording_ = false;
    if (study.prove && result_.stopped == "trials") prove();
    finish();
    return std::move(result_);
  }

 private:
  // Trials of the designer until there are `trials` in all, it has no more points, or something ends the run.
  void search(Designer& designer, std::int64_t trials) {
    designer.update(known_trials());
    const TrialLoop loop{codesign_.study().pace(),
                         queue(),
                         trials,
                         [&](std::int64_t first, int count, std::vector<std::string>& events) {
                           return suggest(designer, first, count, events);
                         },
                         [this](std::int64_t id, const Point& point) {
                           // One number prunes; a machine that is worse by it may still be on the front of several.
                           const double incumbent = codesign_.goal().objectives.size() > 1 ? 0.0 : best_objective_;
                           return Job{id, point, incumbent, proving_};
                         },
                         [this](const StoredTrial& outcome) { take(outcome.trial); },
                         [&designer](std::span<const Trial> completed) { designer.update(completed); },
                         [this] { return ended(); }};
    if (run_trials(loop, done()) != LoopEnd::exhausted) return;
    result_.exhausted = true;
    result_.stopped = "exhausted";
  }

  // Who evaluates: the caller's queue, or the threads of this process.
  Queue& queue() {
    if (options_.queue != nullptr) return *options_.queue;
    if (!local_)
      local_.emplace([this](const Job& job) { return evaluate(job); }, options_.store,
                     codesign_.study().pace().open_at_once(), threads_);
    return *local_;
  }

  // A job in this process, whose design is kept for whoever takes the outcome.
  std::optional<StoredTrial> evaluate(const Job& job) {
    std::optional<JobOutcome> outcome = evaluate_job(codesign_, job, threads_, [this] { return stopping(); });
    if (!outcome) return std::nullopt;
    const std::lock_guard lock(designs_mutex_);
    designs_.emplace(job.id, std::move(outcome->design));
    return std::move(outcome->record);
  }

  // The next points: those that the store has, without a search where the designer can, or new ones, recorded with what
  // the designer has learned.
  std::vector<Point> suggest(Designer& designer, std::int64_t first, int count, std::vector<std::string>& events) {
    if (!recording_) return designer.suggest(count);
    if (const auto found = recorded_.find(first); found != recorded_.end() && has_memories_) {
      if (designer.accept(found->second.count, found->second.points)) {
        if (found->second.memory) memory_ = *found->second.memory;
        taken_over_ = true;
        return found->second.points;
      }
      has_memories_ = false;
    }
    if (taken_over_ && memory_) designer.restore(*memory_);
    taken_over_ = false;
    std::vector<Point> points = designer.suggest(count);
    if (options_.store != nullptr && recorded_.count(first) == 0) {
      nlohmann::ordered_json event{{"round", first}, {"ask", count}, {"points", nlohmann::json::array()}};
      for (const Point& point : points) event["points"].push_back(point.numbers);
      std::string memory = designer.memory();
      if (memory_ != memory) event["memory"] = memory;
      events.push_back(event.dump());
      memory_ = std::move(memory);
    }
    return points;
  }

  // The rounds that the store has, by the number of their first trial.
  void read_rounds(const std::vector<std::string>& events) {
    for (const std::string& text : events) {
      try {
        const nlohmann::json event = nlohmann::json::parse(text);
        if (!event.contains("round")) continue;
        Suggested round;
        round.count = event.at("ask");
        for (const nlohmann::json& numbers : event.at("points"))
          round.points.push_back({numbers.get<std::vector<double>>()});
        if (event.contains("memory")) round.memory = event["memory"].get<std::string>();
        recorded_[event.at("round").get<std::int64_t>()] = std::move(round);
      } catch (const nlohmann::json::exception&) {
        throw StorageError("the store's log of rounds cannot be read");
      }
    }
    has_memories_ = !recorded_.empty() && recorded_.begin()->first == 0 && recorded_.begin()->second.memory;
  }

  // A round of the store is searched again, to know whether this program still suggests the same.
  void check_rounds() {
    if (!has_memories_) return;
    DesignerHistory history;
    history.emplace_back(known_trials());
    const auto tell = [&](std::int64_t first, std::int64_t end) {
      std::vector<Trial> trials;
      for (std::int64_t id = first; id < end; ++id)
        if (const auto found = stored_.find(id); found != stored_.end()) trials.push_back(found->second);
      history.emplace_back(std::move(trials));
    };
    const int lag = codesign_.study().pace().lag;
    for (const auto& [first, round] : recorded_) {
      if (lag > 0 && first >= lag) tell(first - lag, first - lag + 1);
      history.emplace_back(round);
      if (lag == 0) tell(first, first + static_cast<std::int64_t>(round.points.size()));
    }
    if (repeats_itself([this] { return codesign_.designer(threads_); }, history) == false)
      result_.notes.push_back(
          "this program, build or machine suggests other points than the one that wrote the store; the recorded ones "
          "are "
          "kept");
  }

  SpaceProof::Limits proof_limits() {
    return {codesign_.study().gap,
            std::numeric_limits<std::int64_t>::max(),
            true,
            [this] { return stopping(); },
            threads_,
            [this](double bound) { reach(bound); },
            [this](double bound) { rise(bound); }};
  }

  // Machines that the proof asks about, until there are `trials` in all or it has no more questions.
  void search_proof(const SpaceProof::Limits& limits, std::int64_t trials) {
    if (result_.best) proof_->expect(*result_.best);
    SpaceProver prover(codesign_, {[&](double best) { return proof_->next(best, limits); },
                                   [&](const Point& point, double bound) { proof_->prove(point, bound); }});
    search(prover, trials);
  }

  // Every machine that may be better than the best: from the list of all, or from the boxes of those too many to list.
  void prove() {
    constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();
    proving_ = true;
    if (codesign_.points_are_machines() && !can_be_listed(codesign_.space())) {
      const SpaceProof::Limits proof = proof_limits();
      proof_.emplace(codesign_);
      if (proof_->known(proof)) {
        search_proof(proof, unlimited);
        return;
      }
      proof_.reset();
      const auto stop = [this] { return stopping(); };
      const BoxSearch::Limits limits{proof_boxes, stop, threads_};
      boxes_.emplace(codesign_);
      if (boxes_->known(limits)) {
        SpaceProver prover(codesign_, {[&](double best) { return boxes_->next(best, limits); },
                                       [&](const Point& point, double bound) { boxes_->prove(point, bound); }});
        search(prover, unlimited);
        return;
      }
      boxes_.reset();
    }
    search(*codesign_.prover(threads_), unlimited);
  }

  // How the bound of the space rose.
  void reach(double bound) {
    const double gap = 1.0 - bound / best_objective_;
    if (gap < 0.999 * proof_gap_)
      result_.notes.push_back(
          fmt::format("proof: after {:.1f} s no design is below {:.4e}, {:.1f} % less than the best, {:.4e}",
                      seconds_since(start_), bound, 100.0 * gap, best_objective_));
    proof_gap_ = std::min(proof_gap_, gap);
  }

  // The steps of a proof: whenever the best falls or the bound rises by what can be seen.
  void rise(double bound) {
    constexpr double visible = 5e-4;
    if (!steps_.empty() && bound <= steps_.back().lower_bound * (1.0 + visible)) return;
    steps_.push_back({seconds_since(start_), best_objective_, std::min(bound, best_objective_)});
  }

  void fall() {
    steps_.push_back({seconds_since(start_), best_objective_, steps_.empty() ? 0.0 : steps_.back().lower_bound});
  }

  std::int64_t done() const { return static_cast<std::int64_t>(result_.trials.size()); }

  bool stopping() const {
    if (options_.interrupted && options_.interrupted()) return true;
    return codesign_.study().time_s && seconds_since(start_) > *codesign_.study().time_s;
  }

  bool ended() {
    if (!stopping()) return false;
    result_.stopped = options_.interrupted && options_.interrupted() ? "interrupt" : "time";
    return true;
  }

  Codesign::Limits limits(double incumbent, bool prove) const {
    return {threads_, incumbent, [this] { return stopping(); }, true, prove, {}, proving_};
  }

  // The published machine, with its own dataflow and freely mapped: what every result is compared with.
  void evaluate_hand_design() {
    if (!options_.baseline || !codesign_.points_are_machines()) return;
    const Point& point = codesign_.family().default_point();
    result_.baseline = hand_design(point, Codesign::Dataflow::baseline);
    result_.baseline_free = hand_design(point, Codesign::Dataflow::free);
    if (options_.store == nullptr) return;
    const auto keep = [&](const char* name, const std::optional<DesignPoint>& design) {
      if (design && design->mapped) options_.store->put_information(name, design_point_json(codesign_, *design).dump());
    };
    options_.store->put_information("header", header_json(codesign_).dump());
    keep("baseline", result_.baseline);
    keep("baseline_free", result_.baseline_free);
  }

  std::optional<DesignPoint> hand_design(const Point& point, Codesign::Dataflow dataflow) const {
    Codesign::Limits all = limits(0.0, false);
    all.prune = false;
    auto design = codesign_.evaluate(point, dataflow, all);
    if (!design) return design;
    all.stop = nullptr;  // it is what results are compared with: known whole or not at all
    return codesign_.refined(*std::move(design), dataflow, all);
  }

  // The hand design, freely mapped, is known to the designer and is the first incumbent where the space contains it.
  void start_from_hand_design() {
    if (!result_.baseline_free || !codesign_.space().contains(result_.baseline_free->point)) return;
    hand_trial_ = codesign_.trial(-1, *result_.baseline_free);
    if (!result_.baseline_free->feasible()) return;
    best_objective_ = result_.baseline_free->objective;
    best_bound_ = result_.baseline_free->lower_bound;
    result_.best = result_.baseline_free;
    fall();
    if (options_.store != nullptr) options_.store->put_information("start", "baseline_free");
  }

  // Everything that a designer may learn from.
  std::vector<Trial> known_trials() const {
    std::vector<Trial> known;
    if (hand_trial_) known.push_back(*hand_trial_);
    known.insert(known.end(), result_.trials.begin(), result_.trials.end());
    return known;
  }

  // The next outcome, in the order of ids.
  void take(const Trial& trial) {
    std::optional<DesignPoint> design;
    {
      const std::lock_guard lock(designs_mutex_);
      if (const auto found = designs_.find(trial.id); found != designs_.end()) {
        design = std::move(found->second);
        designs_.erase(found);
      }
    }
    count(trial);
    if (is_feasible(trial) && (best_objective_ <= 0.0 || trial.metrics.at("objective") < best_objective_)) {
      // An incumbent that was evaluated elsewhere is evaluated again only if it stays the best: see finish.
      best_objective_ = trial.metrics.at("objective");
      best_bound_ = trial.metrics.at("lower_bound");
      best_point_ = trial.point;
      result_.best = std::move(design);
      fall();
    }
    result_.trials.push_back(trial);
    report();
  }

  static bool is_feasible(const Trial& trial) { return dovetail::is_feasible(outcome_of(trial)); }

  void count(const Trial& trial) {
    const Outcome outcome = outcome_of(trial);
    if (is_pruned(outcome))
      ++result_.pruned;
    else if (dovetail::is_feasible(outcome))
      ++result_.feasible;
    else
      ++result_.infeasible[trial.reason];
  }

  void report() const {
    if (options_.progress) {
      const double gap = best_bound_ > 0.0 && best_objective_ > 0.0 ? 1.0 - best_bound_ / best_objective_ : 1.0;
      options_.progress(
          {done(), std::max(done(), codesign_.study().trials), best_objective_, gap, seconds_since(start_)});
    }
  }

  void finish() {
    if (!result_.best && best_point_) {
      Codesign::Limits whole = limits(0.0, false);
      whole.stop = nullptr;
      result_.best = codesign_.evaluate(*best_point_, Codesign::Dataflow::free, whole);
    }
    if (result_.best) {
      Codesign::Limits effort = limits(0.0, false);
      if (!codesign_.study().prove) effort.memory_mb = best_memory_mb;
      result_.best = codesign_.refined(*std::move(result_.best), Codesign::Dataflow::free, effort);
    } else {
      look_closer();
    }
    if (!result_.best) find_closest();
    if (codesign_.goal().objectives.size() > 1)
      find_front();
    else if (result_.best)
      settle();
    bound_whole_space();
    result_.seconds = seconds_since(start_);
  }

  // Machines that break a limit as far as was looked, those that break it least first: until one is found to keep them.
  void look_closer() {
    if (!codesign_.proofs_can_wait()) return;
    std::vector<std::pair<double, const Trial*>> open;
    for (const Trial& trial : result_.trials)
      if (breaks_open_spec(outcome_of(trial))) open.emplace_back(spec_violation(codesign_.goal(), trial), &trial);
    std::stable_sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Effort effort(*this);
    for (const auto& [violation, trial] : open) {
      if (result_.best || effort.spent()) return;
      auto design = codesign_.evaluate(trial->point, Codesign::Dataflow::free, effort.limits(0.0));
      if (!design) {
        ended();
        return;
      }
      effort.count(*design);
      proven_.emplace(trial->id, design->excluded ? infinity : design->lower_bound);
      if (design->feasible()) result_.best = std::move(design);
    }
  }

  // What proofs that were put off may cost in all, and each of them.
  class Effort {
   public:
    explicit Effort(const Run& run)
        : run_(run),
          left_(proof_labels_per_trial * static_cast<std::int64_t>(run.result_.trials.size())) {}
    bool spent() const { return !run_.codesign_.study().prove && left_ <= 0; }
    void count(const DesignPoint& design) { left_ -= design.labels; }
    Codesign::Limits limits(double incumbent) const {
      Codesign::Limits limits = run_.limits(incumbent, true);
      if (!run_.codesign_.study().prove) limits.memory_mb = proof_memory_mb;
      limits.unseen = true;
      return limits;
    }

   private:
    const Run& run_;
    std::int64_t left_;
  };

  // The proofs that were put off, in the order of objectives: that no other machine tried is better than the best. The
  // few that are take its place; those that take too long to prove keep what is known.
  void settle() {
    const bool fused = codesign_.terms().fused();  // every machine's proof is its trial's
    if (!codesign_.proofs_can_wait() && !fused) return;
    std::vector<const Trial*> open;
    for (const Trial& trial : result_.trials) {
      if (is_feasible(trial) && trial.point != result_.best->point) open.push_back(&trial);
    }
    std::stable_sort(open.begin(), open.end(), [](const Trial* a, const Trial* b) {
      return a->metrics.at("objective") < b->metrics.at("objective");
    });
    std::vector<const Trial*> breaking;
    for (const Trial& trial : result_.trials)
      if (breaks_open_spec(outcome_of(trial)) && trial.point != result_.best->point) breaking.push_back(&trial);
    std::stable_sort(breaking.begin(), breaking.end(), [](const Trial* a, const Trial* b) {
      return a->metrics.at("lower_bound") < b->metrics.at("lower_bound");
    });
    open.insert(open.end(), breaking.begin(), breaking.end());
    double least = result_.best->lower_bound;
    Effort effort(*this);
    for (const Trial* trial : open) {
      double bound = known_bound(*trial);
      if (bound < result_.best->objective && !fused && !effort.spent()) {
        auto design =
            codesign_.evaluate(trial->point, Codesign::Dataflow::free, effort.limits(result_.best->objective));
        if (!design) {
          ended();
          return;
        }
        effort.count(*design);
        bound = std::max(bound, design->excluded ? infinity : design->lower_bound);
        proven_.insert_or_assign(trial->id, bound);
        if (design->feasible() && design->objective < result_.best->objective) result_.best = std::move(design);
      }
      least = std::min(least, bound);
    }
    result_.tried_lower_bound = std::min(least, result_.best->objective);
  }

  double known_bound(const Trial& trial) const {
    const auto found = proven_.find(trial.id);
    const double bound =
        breaks_open_spec(outcome_of(trial)) ? proven_bound(codesign_, trial) : trial.metrics.at("lower_bound");
    return found == proven_.end() ? bound : std::max(bound, found->second);
  }

  // What is known of the tried points, with what was proven at the end.
  std::vector<Trial> settled_trials() const {
    std::vector<Trial> trials = known_trials();
    for (Trial& trial : trials) {
      if (const auto found = proven_.find(trial.id); found != proven_.end()) {
        double& bound = trial.metrics["lower_bound"];
        bound = std::max(bound, found->second);
      }
    }
    return trials;
  }

  void find_front() {
    const std::vector<Objective>& objectives = codesign_.goal().objectives;
    const auto values = [&](const Trial& trial) {
      std::vector<double> row;
      row.reserve(objectives.size());
      for (const Objective& objective : objectives) row.push_back(trial.metrics.at(objective.metric));
      return row;
    };
    std::vector<Trial> designs;
    std::vector<std::vector<double>> rows;
    for (Trial& trial : known_trials()) {
      if (!is_feasible(trial) || !codesign_.space().contains(trial.point)) continue;
      rows.push_back(values(trial));
      designs.push_back(std::move(trial));
    }
    for (const std::size_t i : non_dominated(rows)) result_.front.push_back(designs[i]);
    std::stable_sort(result_.front.begin(), result_.front.end(),
                     [&](const Trial& a, const Trial& b) { return values(a) < values(b); });
    if (!result_.baseline_free || !result_.baseline_free->mapped) return;
    std::vector<double> reference;
    for (const double value : values(codesign_.trial(-1, *result_.baseline_free))) {
      result_.reference.push_back(10.0 * value);
      reference.push_back(std::log10(10.0 * value));
    }
    for (std::vector<double>& row : rows)
      for (double& value : row) value = std::log10(value);
    result_.hypervolume = dominated_volume(rows, reference);
  }

  void find_closest() {
    double least = std::numeric_limits<double>::infinity();
    for (const Trial& trial : result_.trials) {
      const double violation = spec_violation(codesign_.goal(), trial);
      if (trial.state != TrialState::completed || violation <= 0.0 || violation >= least) continue;
      least = violation;
      result_.closest = trial;
    }
  }

  void bound_whole_space() {
    if (!result_.best) {
      result_.none_keeps = none_keeps();
      return;
    }
    if (result_.best->objective < best_objective_) {
      best_objective_ = result_.best->objective;
      fall();
    }
    SpaceBound found = bound_space(
        codesign_, settled_trials(), *result_.best, codesign_.study().prove, threads_, [this] { return stopping(); },
        SpaceSearch{proof_ ? &*proof_ : nullptr, boxes_ ? &*boxes_ : nullptr, [this](double bound) { rise(bound); }});
    result_.lower_bound = found.lower_bound;
    result_.proven = found.proven;
    result_.work = found.work;
    if (proof_ && !found.proven) {
      for (const SpaceProof::Open& part : proof_->open(result_.best->objective))
        result_.notes.push_back(fmt::format("open: {}: no design below {:.4e} ({:.1f} % less than the best), {} {}",
                                            part.what, part.bound, 100.0 * (1.0 - part.bound / result_.best->objective),
                                            part.parts, part.parts == 1 ? "part" : "parts"));
    }
    if (found.best) result_.best = std::move(found.best);
    if (codesign_.study().prove && !steps_.empty() && result_.lower_bound > 0.0) {
      steps_.push_back({seconds_since(start_), result_.best->objective, result_.lower_bound});
      result_.proof = std::move(steps_);
    }
    if (result_.proven && result_.stopped == "exhausted") result_.stopped = "proven";
    if (proof_ && !result_.proven && result_.stopped == "exhausted" && result_.gap() <= codesign_.study().gap)
      result_.stopped = "gap", result_.exhausted = false;
  }

  // Every point of a space that can be listed is known to break a limit, or to have no mapping.
  bool none_keeps() const {
    if (codesign_.goal().specs.empty() || stopping() || !can_be_listed(codesign_.space())) return false;
    std::map<Point, Trial> tried;
    for (Trial& trial : settled_trials()) tried.emplace(trial.point, std::move(trial));
    const std::vector<Point> points = codesign_.space().enumerate(std::numeric_limits<int>::max());
    std::vector<char> kept(points.size(), 0);
    parallel_for(points.size(), threads_, [&](std::size_t i) {
      const auto found = tried.find(points[i]);
      const double bound =
          found == tried.end() ? codesign_.bound_within(points[i]) : proven_bound(codesign_, found->second);
      kept[i] = bound < infinity ? 1 : 0;
    });
    return std::count(kept.begin(), kept.end(), 1) == 0;
  }

  const Codesign& codesign_;
  const CodesignOptions& options_;
  const int threads_;
  const Clock::time_point start_ = Clock::now();
  std::map<std::int64_t, Trial> stored_;
  std::map<std::int64_t, Suggested> recorded_;  // rounds of the store by their first trial
  bool recording_ = true;                       // not the rounds of a proof
  bool has_memories_ = false, taken_over_ = false;
  std::optional<std::string> memory_;  // of the designer, as last recorded
  CodesignResult result_;
  std::optional<Trial> hand_trial_;
  double best_objective_ = 0.0;
  double best_bound_ = 0.0;  ///< of its mappings on its own machine
  std::optional<Point> best_point_;
  std::map<std::int64_t, double> proven_;  // lower bounds of settled trials
  std::optional<SpaceProof> proof_;        // that was asked for,
  std::optional<BoxSearch> boxes_;         // and that of spaces it does not know
  bool proving_ = false;
  double proof_gap_ = 1.0;  // that was reached
  std::vector<ProofStep> steps_;
  std::mutex designs_mutex_;
  std::map<std::int64_t, DesignPoint> designs_;  // of outcomes of this process that were not taken yet
  std::optional<LocalQueue> local_;              // last: its threads use the others
};

}  // namespace

double CodesignResult::gap() const {
  if (!best || best->objective <= 0.0) return 1.0;
  return (best->objective - lower_bound) / best->objective;
}

CodesignResult run(const Codesign& codesign, const CodesignOptions& options) {
  return Run(codesign, options).result();
}

}  // namespace dovetail
