// The loop of a search over networks: suggest, run the stages, record, learn.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dovetail/engine/codesign/design_front.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/explore/exploration_record.hpp>
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
      : exploration_(exploration), options_(options), threads_(thread_count(options.threads)) {
    result_.reached.assign(exploration.stages().size(), 0);
    result_.ended.assign(exploration.stages().size(), 0);
    for (std::size_t s = 0; s < exploration.stages().size(); ++s)
      if (exploration.stages()[s]->expected_seconds() >= slow_seconds) result_.slow_stage = static_cast<int>(s);
    if (options.store == nullptr) return;
    for (StoredTrial& stored : options.store->trials()) {
      stored_seconds_.emplace(stored.trial.id, stored.seconds);
      stored_.emplace(stored.trial.id, std::move(stored.trial));
    }
    options.store->put_information("header", exploration_header(exploration).dump());
  }

  ExplorationResult result() {
    result_.unreachable = exploration_.unreachable();
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
    const auto trials = evaluate(points, [](std::size_t i) { return -1 - static_cast<std::int64_t>(i); });
    if (trials.size() < points.size()) return false;
    result_.start = trials;
    designer.update(trials);
    return true;
  }

  void search(Designer& designer) {
    const std::int64_t wanted = exploration_.study().trials;
    while (!ended() && done() < wanted) {
      std::vector<Point> points = designer.suggest(exploration_.study().batch);
      if (points.empty()) {
        if (!ended()) result_.stopped = "exhausted";
        return;
      }
      // A study with more trials suggests the same rounds: only what is evaluated of the last one differs.
      points.resize(std::min<std::size_t>(points.size(), static_cast<std::size_t>(wanted - done())));
      const std::int64_t first = done();
      const std::vector<Trial> completed = evaluate(points, [first](std::size_t i) { return first + static_cast<std::int64_t>(i); });
      for (const Trial& trial : completed) count(trial);
      result_.trials.insert(result_.trials.end(), completed.begin(), completed.end());
      report();
      if (completed.size() < points.size()) {
        ended();
        return;
      }
      designer.update(completed);
    }
  }

  // One round; shorter than the points when something ended the run.
  template <typename Id>
  std::vector<Trial> evaluate(const std::vector<Point>& points, const Id& id) {
    std::vector<std::optional<Trial>> trials(points.size());
    std::vector<double> seconds(points.size(), 0.0);
    parallel_for(points.size(), threads_, [&](std::size_t i) {
      if (const auto found = stored_.find(id(i)); found != stored_.end()) {
        if (found->second.point != points[i])
          throw StorageError(fmt::format("trial {} of the store is not what this program suggests: another version wrote it", id(i)));
        trials[i] = found->second;
        seconds[i] = stored_seconds_.at(id(i));
        return;
      }
      const Clock::time_point start = Clock::now();
      trials[i] = exploration_.evaluate(id(i), points[i], {threads_, [this] { return stopping(); }});
      seconds[i] = seconds_since(start);
      if (trials[i] && options_.store != nullptr)
        options_.store->put({*trials[i], seconds[i], exploration_trial_detail(exploration_, *trials[i]).dump()});
    });
    std::vector<Trial> completed;
    for (std::optional<Trial>& trial : trials) {
      if (!trial) break;
      improve(*trial);
      if (result_.slow_stage >= 0 && trial->metrics.at(Exploration::stages_metric) >= result_.slow_stage) result_.slow_seconds += seconds[static_cast<std::size_t>(&trial - trials.data())];
      completed.push_back(std::move(*trial));
    }
    return completed;
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
    const auto passed = static_cast<std::size_t>(trial.metrics.at(Exploration::stages_metric));
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
        for (const Objective& objective : objectives) row.push_back((objective.minimize ? 1.0 : -1.0) * trial.metrics.at(objective.metric));
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
  std::map<std::int64_t, Trial> stored_;
  std::map<std::int64_t, double> stored_seconds_;
  ExplorationResult result_;
};

}  // namespace

bool is_feasible(const Trial& trial) {
  return trial.state == TrialState::completed && trial.reason.empty();
}

ExplorationResult run(const Exploration& exploration, const ExplorationOptions& options) {
  return ExplorationRun(exploration, options).result();
}

}  // namespace dovetail
