// The identity of a study (see the header).
#include <dovetail/engine/codesign/identity.hpp>

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/study/study_document.hpp>

namespace dovetail {

StudyRecord study_record(const Codesign& codesign, const std::string& command, const std::string& version) {
  const Study& study = codesign.study();
  const Family& family = codesign.family();
  const Space& space = codesign.space();
  StudyRecord record;
  auto& identity = record.identity;
  std::string shapes, names;
  for (const WeightedNetwork& network : codesign.work().networks) {
    names += fmt::format("{}{}*{}", names.empty() ? "" : ", ", network.name, network.weight);
    for (const CountedLayer& use : network.layers)
      shapes += fmt::format("{}:{};", use.count, codesign.work().layers[use.layer]->key);
  }
  identity["kind"] = "optimize";
  identity["workload"] = names;
  identity["workload digest"] = digest(shapes);
  identity["family"] = family.name();
  std::string text;
  for (const Parameter& parameter : space.parameters()) {
    text += parameter.name + ";";
    if (const auto* range = std::get_if<IntegerRange>(&parameter.domain))
      text += fmt::format("{},{},{}", range->low, range->high, range->step);
    if (const auto* range = std::get_if<RealRange>(&parameter.domain))
      text += fmt::format("{},{}", range->low, range->high);
    if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain))
      for (const double value : list->values) text += fmt::format("{},", value);
    if (const auto* list = std::get_if<CategoricalValues>(&parameter.domain))
      for (const std::string& value : list->values) text += value + ",";
  }
  for (const Constraint& constraint : space.constraints()) text += constraint.text + ";";
  identity["space digest"] = digest(text);
  std::string machine;
  for (const Figure& figure : family.figures(family.default_point()))
    machine += fmt::format("{}{}{};", figure.component, figure.quantity, figure.value);
  identity["family digest"] = digest(machine);
  identity["objective"] = study.objective;
  text.clear();
  for (const StudySpec& spec : study.specs) text += (text.empty() ? "" : ", ") + spec.text;
  identity["specs"] = text;
  identity["combine"] = study.combine == Combine::sum ? "sum" : "worst";
  text = study.designer;
  for (const auto& [name, value] : study.designer_options) text += fmt::format(" {}={}", name, value);
  identity["designer"] = text;
  if (study.prove) identity["prove"] = fmt::format("after {} trials", study.trials);
  identity["mapper"] = study.mapper;
  identity["budget"] = fmt::format("{}", study.budget);
  identity["mapper gap"] = fmt::format("{}", study.gap);
  identity["bypass"] = study.bypass;
  identity["model"] = study.model;
  if (codesign.terms().external) {
    identity["evaluator"] = study.evaluator.empty() ? codesign.terms().evaluator->name() : study.evaluator;
    identity["evaluator timeout"] = fmt::format("{} s", study.evaluator_timeout_s);
    identity["candidates"] = fmt::format("{}", study.candidates);
  }
  if (study.lag)
    identity["lag"] = fmt::format("{}", *study.lag);
  else
    identity["batch"] = fmt::format("{}", study.batch);
  identity["seed"] = fmt::format("{}", study.seed);
  identity["clock_mhz"] = fmt::format("{}", study.clock_mhz.value_or(family.clock_mhz()));
  // Keys that came later: they are told where they are not as by default, so that older stores go on.
  static const std::set<std::string> told = {
      "schema",    "family",    "objective", "combine", "designer", "mapper", "budget", "gap",  "bypass", "model",
      "evaluator", "clock_mhz", "trials",    "prove",   "batch",    "lag",    "seed",   "time", "store"};
  const nlohmann::ordered_json values = study_values(study);
  for (const auto& [key, value] : values.items())
    if (!told.contains(key)) identity[key] = value.is_string() ? value.get<std::string>() : value.dump();
  record.information = {{"command", command}, {"version", version}, {"trials asked", fmt::format("{}", study.trials)}};
  return record;
}

}  // namespace dovetail
