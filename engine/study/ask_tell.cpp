// The session: ids, pending points, and a log that replays.
#include <dovetail/engine/study/ask_tell.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

bool same(const Trial& a, const Trial& b) {
  return a.point == b.point && a.state == b.state && a.metrics == b.metrics && a.reason == b.reason;
}

std::vector<StoredTrial> stored(const std::vector<Trial>& trials) {
  std::vector<StoredTrial> result;
  for (const Trial& trial : trials) result.push_back({trial, 0.0, {}});
  return result;
}

}  // namespace

AskTell::AskTell(const std::string& designer, DesignerContext context, std::shared_ptr<Store> store)
    : name_(designer),
      context_(std::move(context)),
      designer_(make_designer(designer, context_)),
      store_(std::move(store)) {
  if (store_) replay();
}

void AskTell::expect(const std::vector<Trial>& asked) {
  for (const Trial& trial : asked) {
    pending_.emplace(trial.point, trial.id);
    trials_.push_back(trial);
  }
}

std::vector<Trial> AskTell::ask(int count) {
  if (count < 0 || count > max_ask) throw AskTellError(fmt::format("ask is {}, allowed is 0 to {}", count, max_ask));
  std::vector<Trial> asked;
  for (Point& point : designer_->suggest(count))
    asked.push_back(
        {static_cast<std::int64_t>(trials_.size() + asked.size()), std::move(point), TrialState::pending, {}, {}});
  // The numbers of the points stand in the log as well: a resumed session keeps them whatever else changes.
  if (store_ && count > 0) {
    Json points = Json::array();
    for (const Trial& trial : asked) points.push_back(trial.point.numbers);
    Json event{{"ask", count}, {"points", points}};
    std::string memory = designer_->memory();
    if (memory_ != memory) event["memory"] = memory;
    store_->put(StoreChange{stored(asked), {}, {event.dump()}});
    memory_ = std::move(memory);
  }
  expect(asked);
  return asked;
}

Trial AskTell::judge(const Tell& outcome) const {
  Trial trial;
  trial.state = TrialState::completed;
  if (outcome.failed) {
    trial.state = TrialState::failed;
    trial.reason = *outcome.failed;
    return trial;
  }
  const auto need = [&](const std::string& metric) {
    const auto found = outcome.metrics.find(metric);
    if (found == outcome.metrics.end()) throw AskTellError("metric " + quote(metric) + " is missing");
    if (!std::isfinite(found->second) && trial.state == TrialState::completed) {
      trial.state = TrialState::failed;
      trial.reason = "metric " + metric + " is not finite";
    }
  };
  for (const Objective& objective : context_.goal.objectives) need(objective.metric);
  for (const Spec& spec : context_.goal.specs) need(spec.metric);
  for (const auto& [name, value] : outcome.metrics)
    if (std::isfinite(value)) trial.metrics[name] = value;
  return trial;
}

void AskTell::tell(const std::vector<Tell>& outcomes) {
  // First what every outcome means, then all changes at once.
  std::vector<Trial> completed;
  std::set<std::int64_t> told;
  auto next = static_cast<std::int64_t>(trials_.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Tell& outcome = outcomes[i];
    try {
      Trial trial = judge(outcome);
      if (outcome.id) {
        if (*outcome.id < 0 || *outcome.id >= static_cast<std::int64_t>(trials_.size()))
          throw AskTellError(fmt::format("there is no trial {}", *outcome.id));
        const Trial& known = trials_[static_cast<std::size_t>(*outcome.id)];
        trial.id = known.id;
        trial.point = known.point;
        if (known.state != TrialState::pending) {
          if (known.state == trial.state && known.metrics == trial.metrics && known.reason == trial.reason) continue;
          throw AskTellError(fmt::format("trial {} was told before, with another outcome", *outcome.id));
        }
      } else if (outcome.point) {
        const auto waiting = pending_.find(*outcome.point);
        trial.point = *outcome.point;
        trial.id = waiting != pending_.end() && told.count(waiting->second) == 0 ? waiting->second : next++;
      } else {
        throw AskTellError("an outcome needs `id` or `point`");
      }
      if (!told.insert(trial.id).second) throw AskTellError(fmt::format("trial {} is told twice", trial.id));
      completed.push_back(std::move(trial));
    } catch (const AskTellError& error) {
      throw AskTellError(outcomes.size() == 1 ? std::string(error.what())
                                              : fmt::format("outcome {} of {}: {}; nothing of this call was recorded",
                                                            i + 1, outcomes.size(), error.what()));
    }
  }
  if (completed.empty()) return;
  if (store_) {
    Json log = Json::array();
    for (const Trial& trial : completed) {
      Json entry{{"id", trial.id}, {"numbers", trial.point.numbers}};
      if (trial.state == TrialState::failed) entry["failed"] = trial.reason;
      entry["metrics"] = trial.metrics;
      log.push_back(std::move(entry));
    }
    store_->put(
        StoreChange{stored(completed), {}, {Json{{"tell", log}}.dump(-1, ' ', false, Json::error_handler_t::replace)}});
  }
  complete(completed);
  designer_->update(completed);
}

void AskTell::complete(const std::vector<Trial>& completed) {
  for (const Trial& trial : completed) {
    pending_.erase(trial.point);
    const std::size_t place = std::min(static_cast<std::size_t>(trial.id), trials_.size());
    if (place == trials_.size()) trials_.emplace_back();
    trials_[place] = trial;
    consider(place);
  }
}

void AskTell::replay() {
  notes_ = store_->notes();
  const DesignerHistory history = read_history();
  const auto make = [this] { return make_designer(name_, context_); };
  if (repeats_itself(make, history) == false)
    notes_.push_back(
        "this program, build or machine suggests other points than the one that wrote the store; the recorded ones are "
        "kept");
  if (!take_over(*designer_, history)) {
    designer_ = make();
    if (!ask_again(*designer_, history))
      throw StorageError("replaying the store's calls gives other points: it was written by another version");
  }
  repair_table();
}

// The log of calls as a history; ids and trials on the way.
DesignerHistory AskTell::read_history() {
  DesignerHistory history;
  for (const std::string& text : store_->events()) {
    const Json event = Json::parse(text, nullptr, false);
    if (event.is_discarded()) throw StorageError("the store's log of calls cannot be read");
    try {
      if (event.contains("ask")) {
        Suggested call;
        call.count = event.at("ask").get<int>();
        std::vector<Trial> asked;
        for (const Json& numbers : event.at("points")) {
          call.points.push_back({numbers.get<std::vector<double>>()});
          asked.push_back({static_cast<std::int64_t>(trials_.size() + asked.size()),
                           call.points.back(),
                           TrialState::pending,
                           {},
                           {}});
        }
        if (event.contains("memory")) memory_ = call.memory = event["memory"].get<std::string>();
        expect(asked);
        history.emplace_back(std::move(call));
        continue;
      }
      std::vector<Trial> completed;
      for (const Json& entry : event.at("tell")) {
        Trial trial;
        trial.id = entry.at("id").get<std::int64_t>();
        trial.point.numbers = entry.at("numbers").get<std::vector<double>>();
        trial.metrics = entry.at("metrics").get<std::map<std::string, double>>();
        trial.state = entry.contains("failed") ? TrialState::failed : TrialState::completed;
        if (entry.contains("failed")) trial.reason = entry.at("failed").get<std::string>();
        if (trial.id < 0 || trial.id > static_cast<std::int64_t>(trials_.size() + completed.size()))
          throw StorageError("the store's log of calls cannot be read");
        completed.push_back(std::move(trial));
      }
      complete(completed);
      history.emplace_back(std::move(completed));
    } catch (const Json::exception&) {
      throw StorageError("the store's log of calls cannot be read");
    }
  }
  return history;
}

// Older programs wrote the log and the table one after the other: a kill in between left the table behind.
void AskTell::repair_table() {
  std::map<std::int64_t, Trial> table;
  for (StoredTrial& row : store_->trials()) table.emplace(row.trial.id, std::move(row.trial));
  std::vector<Trial> behind;
  for (const Trial& trial : trials_) {
    const auto found = table.find(trial.id);
    if (found == table.end() || !same(found->second, trial)) behind.push_back(trial);
  }
  if (!behind.empty()) store_->put(StoreChange{stored(behind), {}, {}});
}

bool AskTell::exhausted() const {
  const Space& space = context_.space;
  if (!space.finite()) return false;
  std::set<Point> tried;
  for (const Trial& trial : trials_) tried.insert(trial.point);
  if (const SpaceSize size = space.count(); size.exact) return static_cast<double>(tried.size()) >= size.feasible;
  const std::vector<Point> all = space.enumerate(FreshPoints::enumerable + 1);
  return all.size() <= FreshPoints::enumerable &&
         std::all_of(all.begin(), all.end(), [&](const Point& point) { return tried.count(point) != 0; });
}

void AskTell::consider(std::size_t place) {
  const Trial& trial = trials_[place];
  if (!feasible(context_.goal, trial)) return;
  const Objective& objective = context_.goal.objectives.front();
  const auto value = [&](const Trial& at) {
    return (objective.minimize ? 1.0 : -1.0) * at.metrics.at(objective.metric);
  };
  const Trial* best = best_ ? &trials_[*best_] : nullptr;
  if (best == nullptr || value(trial) < value(*best) || (value(trial) == value(*best) && trial.id < best->id))
    best_ = place;
}

std::optional<Trial> AskTell::best() const {
  return best_ ? std::optional<Trial>(trials_[*best_]) : std::nullopt;
}

}  // namespace dovetail
