// Families in the technology of a chip, and the ports of its outer memory.
#include <dovetail/spaces/system/slot_option.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/family/names.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

struct FamilyFile {
  std::string text, file;
};

FamilyFile file_of(const std::string& name_or_path) {
  if (const auto* file = embedded::find(embedded::families(), name_or_path))
    return {std::string(file->text), name_or_path + ".yaml"};
  return {read_text(name_or_path), name_or_path};
}

std::string stem(const std::string& name_or_path) {
  std::string name = std::filesystem::path(name_or_path).stem().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') c = '_';
  return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0 ? "machine_" + name : name;
}

// The same family with other entries under `technology`, and its outer memory of another kind.
FamilyFile moved(const FamilyFile& file, double family_clock_mhz, double family_node_nm, const ChipTechnology& chip) {
  Json document = to_json(parse_document(file.text, file.file));
  if (chip.node_nm)
    document["technology"] = {{"node_nm", *chip.node_nm}, {"clock_mhz", chip.clock_mhz.value_or(family_clock_mhz)}};
  else if (chip.clock_mhz) {
    if (!document.contains("technology")) document["technology"] = {{"node_nm", family_node_nm}};
    document["technology"]["clock_mhz"] = *chip.clock_mhz;
  }
  if (!chip.dram.empty()) {
    const std::vector<std::string> kinds = dram_kinds();
    for (Json& level : document["architecture"]["levels"])
      if (level.contains("memory") &&
          std::find(kinds.begin(), kinds.end(), level["memory"].get<std::string>()) != kinds.end())
        level["memory"] = chip.dram;
  }
  return {to_yaml(document), file.file};
}

}  // namespace

SlotOption family_option(const std::string& name_or_path, const std::map<std::string, double>& settings,
                         const ChipTechnology& chip) {
  SlotOption option;
  const Family plain = load_family(name_or_path, settings);  // its mistakes, at their places
  FamilyFile file = file_of(name_or_path);
  if (!chip.empty()) file = moved(file, plain.clock_mhz(), plain.technology().node_nm(), chip);
  option.family = chip.empty() ? plain : read_family(file.text, file.file, settings);
  option.name = plain.name();
  option.clock_mhz = option.family->clock_mhz();
  Diagnostics diagnostics;
  const FamilyText text = read_family_text(parse_document(file.text, file.file), diagnostics);
  std::map<std::string, double> given;
  for (const FamilySetting& setting : option.family->settings()) given[setting.name] = setting.value;
  const FamilyNames names(text, given, diagnostics);
  diagnostics.raise();
  for (const Formula& formula : text.constraints) option.conditions.push_back(names.expanded(formula.text));
  return option;
}

SlotOption machine_option(const std::string& path, double clock_mhz) {
  SlotOption option;
  option.fixed = load_architecture(path);
  option.name = stem(path);
  option.clock_mhz = clock_mhz;
  return option;
}

double bandwidth_gb_s(const Architecture& machine, double clock_mhz) {
  const Level& outer = machine.levels.back();
  double words = std::numeric_limits<double>::infinity();
  if (outer.read_bandwidth) words = *outer.read_bandwidth;
  if (outer.write_bandwidth)
    words = outer.read_bandwidth ? std::max(words, *outer.write_bandwidth) : *outer.write_bandwidth;
  if (outer.shared_bandwidth) words = *outer.shared_bandwidth;
  return words * static_cast<double>(outer.instances) * outer.word_bits / 8.0 * clock_mhz / 1e3;
}

void set_bandwidth(Architecture& machine, double clock_mhz, double gb_s) {
  Level& outer = machine.levels.back();
  const double words = gb_s * 1e3 / clock_mhz * 8.0 / outer.word_bits / static_cast<double>(outer.instances);
  if (outer.shared_bandwidth)
    outer.shared_bandwidth = words;
  else
    outer.read_bandwidth = outer.write_bandwidth = words;
}

double outer_area_um2(const Architecture& machine) {
  return machine.levels.back().area_per_instance_um2 * static_cast<double>(machine.levels.back().instances);
}

double own_area_um2(const Architecture& machine) {
  return area_um2(machine) - outer_area_um2(machine);
}

}  // namespace dovetail
