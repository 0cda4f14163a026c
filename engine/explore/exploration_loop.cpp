// The loop of a search over networks: suggest, run the stages, record, learn.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dovetail/engine/codesign/candidate/design_front.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/record/local_queue.hpp>
#include <dovetail/engine/study/trial_loop.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr double slow_seconds = 0.05;  // a stage that takes so long is what a search would spare

// Everything that the loop changes while it runs.
class ExplorationRun {
 public:
  ExplorationRun(const Exploration& exploration, const ExplorationOptions& options)
      : exploration_(exploration),
        options_(options),
        threads_(thread_count(options.threads)) {
    result_.reached.assign(exploration.stages().size(), 0);
    result_.ended.assign(exploration.stages().size(), 0);
    for (std::size_t s = 0; s < exploration.stages().size(); ++s)
      if (exploration.stages()[s]->expected_seconds() >= slow_seconds) result_.slow_stage = static_cast<int>(s);
    if (options.store == nullptr) return;
    options.store->put_information("header", exploration_header(exploration).dump());
  }

  ExplorationResult result() {
    result_.unreachable = exploration_.unrunnable({threads_, [this] { return stopping(); }});
    if (!result_.unreachable) result_.unreachable = exploration_.unreachable();
    if (result_.unreachable) {
      result_.stopped = "unreachable";
    } else {
      const std::unique_ptr<Designer> designer = exploration_.designer(threads_);
      if (tell_start(*designer)) search(*designer);
    }
    finish();
    return std::move(result_);
  }

 private:
  std::int64_t done() const { return static_cast<std::int64_t>(result_.trials.size()); }

  bool stopping() const {
    if (options_.interrupted && options_.interrupted()) return true;
    const auto& limit = exploration_.study().time_s;
    return limit && seconds_since(start_) > *limit;
  }

  bool ended() {
    if (!stopping()) return false;
    result_.stopped = options_.interrupted && options_.interrupted() ? "interrupt" : "time";
    return true;
  }

  // Points of the study that are told before anything is suggested; their ids are negative.
  bool tell_start(Designer& designer) {
    const std::vector<Point>& points = exploration_.start();
    if (points.empty()) return true;
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < points.size(); ++i) jobs.push_back({-1 - static_cast<std::int64_t>(i), points[i]});
    queue().post(jobs, {});
    for (const Job& job : jobs) {
      const std::optional<StoredTrial> outcome = queue().wait(job.id, [this] { return ended(); });
      if (!outcome) {
        ended();
        return false;
      }
      improve(outcome->trial);
      spend(*outcome);
      result_.start.push_back(outcome->trial);
    }
    designer.update(result_.start);
    return true;
  }

  void search(Designer& designer) {
    const TrialLoop loop{
        exploration_.study().pace(),
        queue(),
        exploration_.study().trials,
        [&designer](std::int64_t, int count, std::vector<std::string>&) { return designer.suggest(count); },
        [](std::int64_t id, const Point& point) {
          return Job{id, point};
        },
        [this](const StoredTrial& outcome) {
          improve(outcome.trial);
          spend(outcome);
          count(outcome.trial);
          result_.trials.push_back(outcome.trial);
          report();
        },
        [&designer](std::span<const Trial> completed) { designer.update(completed); },
        [this] { return ended(); }};
    if (run_trials(loop, done()) == LoopEnd::exhausted) result_.stopped = "exhausted";
  }

  // Who evaluates: the caller's queue, or the threads of this process.
  Queue& queue() {
    if (options_.queue != nullptr) return *options_.queue;
    if (!local_) {
      const auto at_once = std::max<std::int64_t>(exploration_.study().pace().open_at_once(),
                                                  static_cast<std::int64_t>(exploration_.start().size()));
      local_.emplace(
          [this](const Job& job) { return evaluate_job(exploration_, job, threads_, [this] { return stopping(); }); },
          options_.store, static_cast<int>(at_once), threads_);
    }
    return *local_;
  }

  // Seconds of trials that came as far as the slow stage.
  void spend(const StoredTrial& outcome) {
    const auto found = outcome.trial.metrics.find(Exploration::stages_metric);  // none: given up with its workers
    const double passed = found == outcome.trial.metrics.end() ? 0.0 : found->second;
    if (result_.slow_stage >= 0 && passed >= result_.slow_stage) result_.slow_seconds += outcome.seconds;
  }

  void improve(const Trial& trial) {
    if (!is_feasible(trial)) return;
    const Objective& first = exploration_.goal().objectives.front();
    const double value = trial.metrics.at(first.metric);
    if (result_.best) {
      const double best = result_.best->metrics.at(first.metric);
      if (first.minimize ? value >= best : value <= best) return;
    }
    result_.best = trial;
  }

  void count(const Trial& trial) {
    // A trial whose workers died passed nothing.
    const auto found = trial.metrics.find(Exploration::stages_metric);
    const auto passed = static_cast<std::size_t>(found == trial.metrics.end() ? 0.0 : found->second);
    for (std::size_t s = 0; s < result_.reached.size() && s <= passed; ++s) ++result_.reached[s];
    if (passed < result_.ended.size()) ++result_.ended[passed];
    if (is_feasible(trial))
      ++result_.feasible;
    else
      ++result_.infeasible[trial.reason];
  }

  void report() const {
    if (!options_.progress) return;
    std::optional<double> best;
    if (result_.best) best = result_.best->metrics.at(exploration_.goal().objectives.front().metric);
    options_.progress({done(), exploration_.study().trials, best, seconds_since(start_)});
  }

  void finish() {
    if (!result_.best) find_closest();
    if (exploration_.goal().objectives.size() > 1) find_front();
    result_.refused = exploration_.refused();
    result_.seconds = seconds_since(start_);
  }

  void find_closest() {
    double least = std::numeric_limits<double>::infinity();
    for (const Trial& trial : result_.trials) {
      if (trial.state != TrialState::completed) continue;
      const double violation = spec_violation(exploration_.goal(), trial);
      if (violation <= 0.0 || violation >= least) continue;
      least = violation;
      result_.closest = trial;
    }
  }

  void find_front() {
    const std::vector<Objective>& objectives = exploration_.goal().objectives;
    std::vector<Trial> feasible;
    std::vector<std::vector<double>> rows;
    for (const std::vector<Trial>* list : {&result_.start, &result_.trials}) {
      for (const Trial& trial : *list) {
        if (!is_feasible(trial)) continue;
        std::vector<double> row;
        for (const Objective& objective : objectives)
          row.push_back((objective.minimize ? 1.0 : -1.0) * trial.metrics.at(objective.metric));
        rows.push_back(std::move(row));
        feasible.push_back(trial);
      }
    }
    std::vector<std::pair<std::vector<double>, Trial>> front;
    for (const std::size_t i : non_dominated(rows)) front.emplace_back(rows[i], feasible[i]);
    std::stable_sort(front.begin(), front.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& entry : front) result_.front.push_back(std::move(entry.second));
  }

  const Exploration& exploration_;
  const ExplorationOptions& options_;
  const int threads_;
  const Clock::time_point start_ = Clock::now();
  ExplorationResult result_;
  std::optional<LocalQueue> local_;  // last: its threads use the others
};

}  // namespace

std::optional<StoredTrial> evaluate_job(const Exploration& exploration, const Job& job, int threads,
                                        const std::function<bool()>& stop) {
  const Clock::time_point start = Clock::now();
  std::optional<Trial> trial = exploration.evaluate(job.id, job.point, {threads, stop});
  if (!trial) return std::nullopt;
  std::string detail = exploration_trial_detail(exploration, *trial).dump();
  return StoredTrial{*std::move(trial), seconds_since(start), std::move(detail)};
}

bool is_feasible(const Trial& trial) {
  return trial.state == TrialState::completed && trial.reason.empty();
}

ExplorationResult run(const Exploration& exploration, const ExplorationOptions& options) {
  return ExplorationRun(exploration, options).result();
}

}  // namespace dovetail
