// A family descriptor (schema dovetail-family/1) as it stands in its file: texts and places, not yet compiled.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/accelerators/machine/technology.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// An expression as written, with its place.
struct Formula {
  std::string text;
  Location where;
  bool empty() const { return text.empty(); }
};

struct SettingText {
  std::string name, meaning;
  Location where;
  double value = 0.0;
  std::vector<double> values;
};

struct ParameterText {
  enum class Kind { integer, ordinal, categorical } kind = Kind::integer;
  std::string name, meaning;
  Location where;
  Formula low, high;  ///< over settings only
  std::int64_t step = 1;
  bool log = false;
  std::vector<double> values;
  std::vector<std::string> choices;
};

struct LetText {
  std::string name;
  Formula formula;
};

struct TechnologyText {
  double node_nm = 45.0, voltage = 0.0, clock_mhz = 1000.0;
  struct Replacement {
    std::string entry, source;
    Curve curve;
  };
  std::vector<Replacement> replacements;
};

struct ComputeText {
  std::string name = "MAC", mac, accumulator, source, idle_source;
  Location where;
  std::vector<Formula> mesh;
  Formula word_bits, energy_pj, adder_pj, area_um2, idle_pj_per_cycle;
  bool adder = true;
};

struct LevelText {
  std::string name, memory, source;
  Location where;
  std::vector<Formula> mesh;
  Formula words, word_bits, block, cluster, banks, multiple_buffering, min_utilization;
  Formula read_bandwidth, write_bandwidth, shared_bandwidth;
  Formula wire_mm, hop_mm, hop_pj, router_pj;
  Formula access_pj, read_pj, fill_pj, update_pj, leak_pj_per_cycle, area_um2, idle_pj_per_cycle;
  std::string idle_source;
  std::vector<std::string> gated_by;
  bool is_dram = false;
};

struct BoundText {
  int slot = 0;  ///< dovetail::Slot
  std::string dimension;
  Location where;
  Formula factor;
};

/// Rules of one level, for layers where `when` holds.
struct RuleText {
  std::string level;
  Location where;
  Formula when;
  std::optional<std::vector<std::string>> keep;
  std::vector<std::string> may_keep;
  std::vector<std::string> may_home;  ///< tensors that pass by, unless they live here whole (homes.hpp)
  std::optional<std::vector<std::string>> allowed[3];  ///< per Slot
  std::vector<BoundText> at_least, at_most;
  std::vector<std::string> order;
};

/// Rules by kind of layer.
struct RulesText {
  std::vector<RuleText> any, conv, matmul;
};

struct FamilyText {
  std::string name, about, source, default_source, baseline_name, baseline_source, machine;
  Location where, default_where;
  std::vector<SettingText> settings;
  std::vector<ParameterText> parameters;
  std::vector<LetText> lets;
  std::vector<Formula> constraints;
  TechnologyText technology;
  ComputeText compute;
  std::vector<LevelText> levels;
  bool link_transfers = false;
  RulesText rules, baseline;
  std::vector<std::pair<std::string, Formula>> default_values;
};

/// Reads the descriptor; every mistake goes to `diagnostics`.
FamilyText read_family_text(const Node& node, Diagnostics& diagnostics);

/// JSON Schema of dovetail-family/1.
nlohmann::ordered_json family_schema();

}  // namespace dovetail
