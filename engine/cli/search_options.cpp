// The options that map, optimize and sweep share.
#include "search_options.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <variant>

#include <fmt/format.h>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/study/study_space.hpp>

namespace dovetail::cli {

void add_search_options(CLI::App& command, SearchOptions& options) {
  command.add_option("--objective", options.objective, "What to make small: " + objective_help())
      ->check(CLI::Validator(
          [one = command.get_name() == "map"](std::string& text) {
            return (one ? parse_objective(text).has_value() : parse_study_objective(text).has_value())
                       ? std::string()
                       : text + " is no objective; allowed are " + objective_help();
          },
          "OBJECTIVE"))
      ->capture_default_str();
  command
      .add_option(
          "--model", options.model,
          "Evaluator that decides: loop (closed form), or cycle (cycle level; the loop model screens)")
      ->check(CLI::IsMember({"loop", "cycle"}))
      ->capture_default_str();
  command
      .add_option(
          "--evaluator", options.evaluator,
          "Your own simulator decides: a command for the shell, started once per thread, that is sent a design (the "
          "document of `evaluate`) as one JSON line and answers one: {\"cycles\": n, \"energy_pj\": x}, "
          "{\"valid\": false} or {\"failed\": \"why\"}")
      ->type_name("COMMAND");
  command
      .add_option("--evaluator-timeout", options.evaluator_timeout_s,
                  "Seconds for one answer of --evaluator; without an answer the design counts as failed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--candidates", options.candidates,
                  "Mappings per layer that --evaluator is asked about, best first; 0: the whole front")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--mapper", options.mapper, "How mappings are found; exact also proves its optimum")
      ->check(CLI::IsMember(mapper_names()))
      ->capture_default_str();
  command
      .add_option("--budget", options.budget, "Mapping evaluations per layer, 0: the mapper's own default")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--bypass", options.bypass,
                  "Which levels may be skipped by a tensor: search (any), none (every level keeps every "
                  "tensor), fixed (as the document or family says)")
      ->check(CLI::IsMember({"search", "none", "fixed"}))
      ->capture_default_str();
  command
      .add_option("--gap", options.gap,
                  "Mappers may stop within this share of their bound: (best - bound) / best")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--time", options.time_s,
                  "Seconds after which to end with the best so far (exit code 5); 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

bool is_family_file(const std::string& path) {
  try {
    const Node document = load_file(path);
    const Node* schema = document.find("schema");
    return schema != nullptr && schema->text().rfind("dovetail-family/", 0) == 0;
  } catch (const InputError&) {
    return false;  // read again, with its message, as an architecture
  }
}

std::pair<Family, Point> family_point(const std::string& name, const std::vector<std::string>& assignments) {
  Study study;
  Diagnostics diagnostics;
  for (const std::string& assignment : assignments) set_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  Family family = load_family(name);
  std::map<std::string, double> settings;
  std::erase_if(study.fixed, [&](const StudyEntry& entry) {
    for (const FamilySetting& setting : family.settings()) {
      if ((entry.name != setting.name && entry.name != "hw." + setting.name) || !entry.value.as_number())
        continue;
      settings[setting.name] = *entry.value.as_number();
      return true;
    }
    return false;
  });
  if (!settings.empty()) family = load_family(name, settings);
  Point point = family.default_point();
  std::vector<std::string> names;
  for (const FamilySetting& setting : family.settings()) names.push_back("hw." + setting.name);
  const Space space = narrow(family.space(), study, diagnostics, names);
  diagnostics.raise();
  if (study.fixed.empty()) return {family, point};
  // The hand design with the given values; other parameters follow only where the constraints force them.
  const Space& whole = family.space();
  for (const StudyEntry& entry : study.fixed) {
    const int p = whole.find(entry.name);
    const Parameter& parameter = whole.parameters()[static_cast<std::size_t>(p)];
    double& stored = point.numbers[static_cast<std::size_t>(whole.offset(p))];
    if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
      stored = static_cast<double>(
          std::find(ordinal->values.begin(), ordinal->values.end(), *entry.value.as_number()) -
          ordinal->values.begin());
    } else if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain)) {
      stored = static_cast<double>(std::find(words->values.begin(), words->values.end(), entry.value.text()) -
                                   words->values.begin());
    } else {
      stored = *entry.value.as_number();
    }
  }
  if (!whole.contains(point)) {
    const std::vector<double> margins = whole.margins(point);
    for (std::size_t i = 0; i < margins.size(); ++i) {
      if (!(margins[i] >= 0.0))
        diagnostics.error({"--set", 0, 0, ""},
                          "the machine breaks the family's constraint " + whole.constraints()[i].text);
    }
    diagnostics.raise();
  }
  return {family, point};
}

std::string file_name(const std::string& name) {
  std::string safe = name;
  for (char& c : safe) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return safe.empty() || safe == "." || safe == ".." ? "layer" : safe;
}

}  // namespace dovetail::cli
