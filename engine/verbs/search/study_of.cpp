// The study that a verb searches (see the header).
#include <dovetail/engine/verbs/search/study_of.hpp>

#include <algorithm>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/engine/study/said_value.hpp>

namespace dovetail::verbs {
namespace {

constexpr const char* variant_key = "variant=";

bool names_variant(const std::string& assignment) {
  return assignment.rfind(variant_key, 0) == 0;
}

// The document with what it is based on.
Node whole_document(const StudyWords& words, const Asking& asking) {
  std::string variant;
  for (const std::string& assignment : asking.set)
    if (names_variant(assignment)) variant = assignment.substr(std::string(variant_key).size());
  const bool based = words.document.is_mapping() || !words.preset.empty();
  return based ? with_preset(words.document, words.preset, variant) : words.document;
}

// Names and parameters that do not exist belong to the same answer as other mistakes.
void add_mistakes_of_names(const Study& study, Diagnostics& diagnostics) {
  try {
    Codesign{study};
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      const bool known = std::any_of(diagnostics.all().begin(), diagnostics.all().end(),
                                     [&](const Diagnostic& other) { return other.message == diagnostic.message; });
      if (!known) diagnostics.error(diagnostic.where, diagnostic.message);
    }
  }
}

// What only a simulator of the user's has needs one.
void check_evaluator(const StudyWords& words, const Study& study) {
  if (!study.evaluator.empty()) return;
  for (const Said& said : words.said)
    if (said.path == "evaluator.timeout" || said.path == "evaluator.candidates")
      throw UsageError(fmt::format("{} means nothing without an evaluator", said.value.location().file));
}

}  // namespace

bool StudyWords::says(const std::string& path) const {
  return std::any_of(said.begin(), said.end(), [&](const Said& one) { return one.path == path; });
}

Study plain_study(const StudyWords& words, const Asking& asking) {
  Diagnostics diagnostics;
  Study study;
  if (!words.document.is_null()) study = read_study(words.document, diagnostics);
  for (const Said& said : words.said) set_value(study, said.path, said.value, diagnostics);
  for (const std::string& assignment : asking.set) set_value(study, assignment, "--set", diagnostics);
  if (diagnostics.failed()) add_mistakes_of_names(study, diagnostics);
  diagnostics.raise();
  check_evaluator(words, study);
  if (study.workloads.empty() || study.family.empty())
    throw UsageError("a study needs a workload and a family: a STUDY file, or --workload with --family");
  return study;
}

std::optional<ExplorationStudy> exploring_study(const StudyWords& words, const Asking& asking) {
  if (words.document.is_null() && words.preset.empty()) return std::nullopt;
  const Node document = whole_document(words, asking);
  if (!explores(document)) return std::nullopt;
  if (words.says("workloads")) throw UsageError("--workload: this study names its networks itself");
  Diagnostics diagnostics;
  ExplorationStudy study = read_exploration_study(document, diagnostics);
  for (const Said& said : words.said) set_exploration_value(study, said.path, said.value, diagnostics);
  for (const std::string& assignment : asking.set)
    if (!names_variant(assignment)) set_exploration_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  return study;
}

ExplorationWords exploration_words(const StudyWords& words, const Asking& asking) {
  ExplorationWords result{whole_document(words, asking), {}};
  for (const Said& said : words.said)
    if (said.path == "objective" || said.path == "specs")
      result.assignments.push_back(said.path + "='" + said.value.text() + "'");
  for (const std::string& assignment : asking.set)
    if (!names_variant(assignment)) result.assignments.push_back(assignment);
  return result;
}

}  // namespace dovetail::verbs
