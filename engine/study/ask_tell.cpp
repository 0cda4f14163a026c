// The session: ids, pending points, and a log that replays.
#include <dovetail/engine/study/ask_tell.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

AskTell::AskTell(const std::string& designer, DesignerContext context, std::shared_ptr<Store> store)
    : context_(std::move(context)), designer_(make_designer(designer, context_)), store_(std::move(store)) {
  if (store_) replay();
}

std::vector<Trial> AskTell::suggest(int count) {
  std::vector<Trial> asked;
  for (Point& point : designer_->suggest(count)) {
    Trial trial;
    trial.id = static_cast<std::int64_t>(trials_.size());
    trial.point = std::move(point);
    pending_.emplace(trial.point, trial.id);
    trials_.push_back(trial);
    asked.push_back(std::move(trial));
  }
  return asked;
}

std::vector<Trial> AskTell::ask(int count) {
  if (count < 0 || count > max_ask)
    throw AskTellError(fmt::format("ask is {}, allowed is 0 to {}", count, max_ask));
  std::vector<Trial> asked = suggest(count);
  // The numbers of the points stand in the log as well: a resumed session keeps them whatever else changes.
  if (store_ && count > 0) {
    Json points = Json::array();
    for (const Trial& trial : asked) points.push_back(trial.point.numbers);
    store_->put_event(Json{{"ask", count}, {"points", points}}.dump());
    record(asked);
  }
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
          if (known.state == trial.state && known.metrics == trial.metrics && known.reason == trial.reason)
            continue;
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
      throw AskTellError(outcomes.size() == 1
                             ? std::string(error.what())
                             : fmt::format("outcome {} of {}: {}; nothing of this call was recorded", i + 1,
                                           outcomes.size(), error.what()));
    }
  }
  if (completed.empty()) return;
  for (const Trial& trial : completed) {
    pending_.erase(trial.point);
    if (trial.id < static_cast<std::int64_t>(trials_.size()))
      trials_[static_cast<std::size_t>(trial.id)] = trial;
    else
      trials_.push_back(trial);
  }
  if (store_) {
    Json log = Json::array();
    for (const Trial& trial : completed) {
      Json entry{{"id", trial.id}, {"numbers", trial.point.numbers}};
      if (trial.state == TrialState::failed) entry["failed"] = trial.reason;
      entry["metrics"] = trial.metrics;
      log.push_back(std::move(entry));
    }
    store_->put_event(Json{{"tell", log}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    record(completed);
  }
  designer_->update(completed);
}

void AskTell::record(const std::vector<Trial>& changed) {
  for (const Trial& trial : changed) {
    StoredTrial stored;
    stored.trial = trial;
    store_->put(stored);
  }
}

void AskTell::replay() {
  for (const std::string& text : store_->events()) {
    const Json event = Json::parse(text, nullptr, false);
    if (event.is_discarded()) throw StorageError("the store's log of calls cannot be read");
    try {
      if (event.contains("ask")) {
        // The designer repeats its own draws, so that what it suggests next is what it would have suggested.
        suggest(event.at("ask").get<int>());
        const std::size_t first = trials_.size() - std::min(trials_.size(), event.at("points").size());
        for (std::size_t i = 0; i < event.at("points").size(); ++i)
          if (trials_.size() < event.at("points").size() ||
              trials_[first + i].point.numbers != event.at("points")[i].get<std::vector<double>>())
            throw StorageError(
                "replaying the store's calls gives other points: it was written by another version");
      } else {
        std::vector<Trial> completed;
        for (const Json& entry : event.at("tell")) {
          Trial trial;
          trial.id = entry.at("id").get<std::int64_t>();
          trial.point.numbers = entry.at("numbers").get<std::vector<double>>();
          trial.metrics = entry.at("metrics").get<std::map<std::string, double>>();
          trial.state = entry.contains("failed") ? TrialState::failed : TrialState::completed;
          if (entry.contains("failed")) trial.reason = entry.at("failed").get<std::string>();
          pending_.erase(trial.point);
          if (trial.id < static_cast<std::int64_t>(trials_.size()))
            trials_[static_cast<std::size_t>(trial.id)] = trial;
          else
            trials_.push_back(trial);
          completed.push_back(std::move(trial));
        }
        designer_->update(completed);
      }
    } catch (const Json::exception&) {
      throw StorageError("the store's log of calls cannot be read");
    }
  }
  // A run that was killed between two writes has calls in the log whose trials are not in the table yet.
  record(trials_.size() != store_->trials().size() ? trials_ : std::vector<Trial>{});
}

std::optional<Trial> AskTell::best() const {
  const Trial* best = nullptr;
  const Objective& objective = context_.goal.objectives.front();
  const double sign = objective.minimize ? 1.0 : -1.0;
  for (const Trial& trial : trials_) {
    if (!feasible(context_.goal, trial)) continue;
    if (!best || sign * trial.metrics.at(objective.metric) < sign * best->metrics.at(objective.metric))
      best = &trial;
  }
  return best ? std::optional<Trial>(*best) : std::nullopt;
}

}  // namespace dovetail
