// What a store says of a search over networks.
#include <dovetail/engine/explore/exploration_record.hpp>

#include <fmt/format.h>

#include <dovetail/spaces/space/point_json.hpp>

namespace dovetail {

using Json = nlohmann::ordered_json;

Json exploration_header(const Exploration& exploration) {
  const ExplorationStudy& study = exploration.study();
  Json networks = Json::array(), parameters = Json::array(), objectives = Json::array(), specs = Json::array(),
       remarks = Json::array();
  for (const NetworkSource& network : exploration.candidates().networks) {
    const std::string name = network.title();
    networks.push_back(network.task.empty() ? name : network.task + ": " + name);
    if (network.family && !network.family->from_memory().empty())
      remarks.push_back(fmt::format("of {}, from memory and not looked up: {}", name, network.family->from_memory()));
  }
  for (const Parameter& parameter : exploration.space().parameters()) parameters.push_back(parameter.name);
  for (const Objective& objective : exploration.goal().objectives)
    objectives.push_back({{"metric", objective.metric}, {"minimize", objective.minimize}});
  for (const MeasuredLimit& limit : exploration.measures().limits())
    if (!limit.follows) specs.push_back({{"spec", limit.text}, {"known", limit.known && exploration.known_limits()}});
  for (const auto& stage : exploration.stages())
    for (const std::string& remark : stage->remarks()) remarks.push_back(remark);
  if (exploration.searches_cheaply_first()) {
    const StudyAccuracy& accuracy = study.explore.accuracies.front();
    remarks.push_back(fmt::format(
        "a search by {} alone came first ({} cheap evaluations); the search by {} leans on it as far as they agree",
        accuracy.cheap, Exploration::cheap_trials, accuracy.column));
  }
  Json stages = Json::array();
  for (const auto& stage : exploration.stages())
    stages.push_back({{"name", stage->name()}, {"metrics", stage->metrics()}});
  return {{"schema", "dovetail-exploration/1"},
          {"networks", std::move(networks)},
          {"family", exploration.candidates().machine ? Json(exploration.candidates().machine->name())
                     : exploration.candidates().tiles ? Json(exploration.candidates().tiles->family.name)
                                                      : Json(nullptr)},
          {"objective", exploration.goal().objectives.front().metric},
          {"objectives", std::move(objectives)},
          {"specs", std::move(specs)},
          {"designer", study.designer},
          {"seed", study.seed},
          {study.lag ? "lag" : "batch", study.lag.value_or(study.batch)},
          {"remarks", std::move(remarks)},
          {"stages", std::move(stages)},
          {"parameters", std::move(parameters)}};
}

Json exploration_trial_detail(const Exploration& exploration, const Trial& trial) {
  return {{"point", to_json(exploration.space(), trial.point)},
          {"key", exploration.candidates().candidate(trial.point).networks.front().text}};
}

}  // namespace dovetail
