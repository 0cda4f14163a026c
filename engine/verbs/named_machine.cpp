// Machines by name (see the header).
#include <dovetail/engine/verbs/named_machine.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>
#include <variant>

#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/study/study_space.hpp>
#include <dovetail/engine/verbs/remarks.hpp>
#include <dovetail/spaces/mapping/machine_rules.hpp>

namespace dovetail::verbs {

bool is_family_file(const std::string& path) {
  try {
    const Node document = load_file(path);
    const Node* schema = document.find("schema");
    return schema != nullptr && schema->text().rfind("dovetail-family/", 0) == 0;
  } catch (const InputError&) {
    return false;  // read again, with its message, as an architecture
  }
}

bool names_family(const std::string& name_or_path) {
  const std::vector<std::string> families = family_names();
  return std::find(families.begin(), families.end(), name_or_path) != families.end() || is_family_file(name_or_path);
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
      if ((entry.name != setting.name && entry.name != "hw." + setting.name) || !entry.value.as_number()) continue;
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
      stored = static_cast<double>(std::find(ordinal->values.begin(), ordinal->values.end(), *entry.value.as_number()) -
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

MappingRules NamedMachine::rules(const Layer& layer) const {
  return family ? family->rules(layer, point) : machine_rules(keeps, layer);
}

NamedMachine named_machine(const std::string& name, const Asking& asking) {
  NamedMachine machine;
  if (!names_family(name)) {
    if (!asking.set.empty())
      throw UsageError("--set changes the parameters of a family; " + name + " is an architecture");
    ImportedMachine imported = import_machine(name);
    tell_remarks(asking, imported.remarks);
    machine.architecture = std::move(imported.architecture);
    machine.keeps = std::move(imported.keeps);
    return machine;
  }
  std::tie(machine.family, machine.point) = family_point(name, asking.set);
  machine.architecture = machine.family->instantiate(machine.point);
  return machine;
}

}  // namespace dovetail::verbs
