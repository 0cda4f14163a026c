// Tables of the family descriptor's records.
#include <dovetail/spaces/family/family_document.hpp>

#include <fmt/format.h>

#include <array>
#include <cctype>

#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

const Json formula_schema = {{"type", Json::array({"number", "string"})}};
const std::vector<std::string> conv_dimensions = {"N", "K", "C", "P", "Q", "R", "S", "G"};
const std::vector<std::string> matmul_dimensions = {"M", "N", "K", "B"};
const std::vector<std::string> slot_names = {"temporal", "spatial_x", "spatial_y"};

nlohmann::ordered_json object_of(nlohmann::ordered_json values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}

nlohmann::ordered_json array_of(nlohmann::ordered_json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

bool identifier(const std::string& name) {
  if (name.empty() || (std::isalpha(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_')) return false;
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

void require_identifier(const std::string& name, const Location& where, Diagnostics& diagnostics) {
  static const std::vector<std::string> reserved = {"extent", "depthwise", "and", "or", "not", "true", "false"};
  if (!identifier(name)) {
    diagnostics.error(where, fmt::format("{} is not a name, allowed are letters, digits and _", quote(name)));
  }
  for (const std::string& word : reserved) {
    if (name == word) diagnostics.error(where, fmt::format("'{}' is reserved", name));
  }
}

bool read_formula(const Node& node, const std::string& what, Formula& formula, Diagnostics& diagnostics) {
  if (!node.is_scalar() || node.text().empty()) {
    diagnostics.error(node.location(), fmt::format("{} is {}, allowed is an expression", what, node.describe()));
    return false;
  }
  formula = {node.text(), node.location()};
  return true;
}

// A record key that holds an expression.
template <class T, class Place>
Record<T> formula(Record<T> record, const std::string& key, Place place, const std::string& doc,
                  bool required = false) {
  return std::move(record).custom(key, required, doc, formula_schema,
                                  [key, place](const Node& node, T& object, Diagnostics& diagnostics) {
                                    read_formula(node, key, std::invoke(place, object), diagnostics);
                                  });
}

// A record key `mesh: [x, y]`.
template <class T>
Record<T> mesh(Record<T> record) {
  return std::move(record).custom("mesh", true, "[x, y]: instances along X and along Y", {{"type", "array"}},
                                  [](const Node& node, T& object, Diagnostics& diagnostics) {
                                    if (!require_sequence(node, "mesh", diagnostics)) return;
                                    if (node.items().size() != 2) {
                                      diagnostics.error(
                                          node.location(),
                                          fmt::format("mesh has {} items, allowed are 2: [x, y]", node.items().size()));
                                      return;
                                    }
                                    object.mesh.resize(2);
                                    for (int i = 0; i < 2; ++i)
                                      read_formula(node.items()[i], "mesh", object.mesh[i], diagnostics);
                                  });
}

Record<SettingText> setting_record() {
  return Record<SettingText>("setting", "A number that is not searched.")
      .required("value", &SettingText::value, "the default")
      .optional("values", &SettingText::values, "what it may be set to")
      .optional("meaning", &SettingText::meaning, "what it is");
}

Record<ParameterText> parameter_record() {
  return Record<ParameterText>("parameter", "A choice of the search.")
      .custom("integer", false, "[low, high]: integers", {{"type", "array"}},
              [](const Node& node, ParameterText& parameter, Diagnostics& diagnostics) {
                if (!require_sequence(node, "integer", diagnostics)) return;
                if (node.items().size() != 2) {
                  diagnostics.error(node.location(), fmt::format("integer has {} items, allowed are 2: [low, high]",
                                                                 node.items().size()));
                  return;
                }
                parameter.kind = ParameterText::Kind::integer;
                read_formula(node.items()[0], "low", parameter.low, diagnostics);
                read_formula(node.items()[1], "high", parameter.high, diagnostics);
              })
      .custom("low", false, "the same as integer: [low, high], with high", formula_schema,
              [](const Node& node, ParameterText& parameter, Diagnostics& diagnostics) {
                parameter.kind = ParameterText::Kind::integer;
                read_formula(node, "low", parameter.low, diagnostics);
              })
      .custom("high", false, "the same as integer: [low, high], with low", formula_schema,
              [](const Node& node, ParameterText& parameter, Diagnostics& diagnostics) {
                parameter.kind = ParameterText::Kind::integer;
                read_formula(node, "high", parameter.high, diagnostics);
              })
      .optional("step", &ParameterText::step, "distance of two integers", at_least(1))
      .optional("log", &ParameterText::log, "search the logarithm")
      .optional("values", &ParameterText::values, "numbers, ascending")
      .optional("choices", &ParameterText::choices, "words without an order")
      .optional("meaning", &ParameterText::meaning, "what it is")
      .checked([](const Node& node, ParameterText& parameter, Diagnostics& diagnostics) {
        const bool low = node.find("low") != nullptr, high = node.find("high") != nullptr;
        if (low != high)
          diagnostics.error(
              node.location(),
              fmt::format("a range needs low and high, or integer: [low, high]; {} is missing", low ? "high" : "low"));
        const int ways = static_cast<int>(node.find("integer") != nullptr) + static_cast<int>(low || high) +
                         static_cast<int>(!parameter.values.empty()) + static_cast<int>(!parameter.choices.empty());
        if (ways != 1) {
          diagnostics.error(
              node.location(),
              "a parameter needs one of: integer: [low, high] (or low and high), values: [...], choices: [...]");
        }
        if (!parameter.values.empty()) parameter.kind = ParameterText::Kind::ordinal;
        if (!parameter.choices.empty()) parameter.kind = ParameterText::Kind::categorical;
        for (std::size_t i = 1; i < parameter.values.size(); ++i) {
          if (parameter.values[i] <= parameter.values[i - 1]) {
            diagnostics.error(node.location(), fmt::format("values do not ascend: {} follows {}", parameter.values[i],
                                                           parameter.values[i - 1]));
          }
        }
      });
}

// A curve of the technology table: {value} or {table: [[x, y], ...]}, with the source.
void read_replacement(const Node::Entry& entry, TechnologyText& technology, Diagnostics& diagnostics) {
  const auto names = technology_entry_names();
  if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
    diagnostics.error(entry.where,
                      fmt::format("there is no technology entry {}{}", quote(entry.key), suggestion(entry.key, names)));
    return;
  }
  struct Text {
    std::string source;
    std::optional<double> value;
    Node table;
  };
  static const auto record =
      Record<Text>("technology entry", "A figure that replaces the table's.")
          .required("source", &Text::source, "where it comes from")
          .optional("value", &Text::value, "a constant", at_least(0))
          .custom("table", false, "[[x, y], ...]: power laws between the points", {{"type", "array"}},
                  [](const Node& node, Text& text, Diagnostics&) { text.table = node; });
  const std::size_t before = diagnostics.errors();
  const Text text = record.read(entry.value, diagnostics);
  if (diagnostics.errors() > before) return;
  if (text.value.has_value() == !text.table.is_null()) {
    diagnostics.error(entry.where, fmt::format("{} needs one of: value, table", entry.key));
    return;
  }
  try {
    if (text.value) {
      technology.replacements.push_back({entry.key, text.source, Curve(*text.value)});
      return;
    }
    std::vector<std::pair<double, double>> points;
    if (!require_sequence(text.table, "table", diagnostics)) return;
    for (const Node& item : text.table.items()) {
      const auto& pair = item.items();
      if (pair.size() != 2 || !pair[0].as_number() || !pair[1].as_number()) {
        diagnostics.error(item.location(),
                          fmt::format("a point of the table is {}, allowed is [x, y]", item.describe()));
        return;
      }
      points.emplace_back(*pair[0].as_number(), *pair[1].as_number());
    }
    technology.replacements.push_back({entry.key, text.source, Curve(std::move(points))});
  } catch (const std::invalid_argument& error) {
    diagnostics.error(entry.value.location(), error.what());
  }
}

Record<TechnologyText> technology_record() {
  return Record<TechnologyText>("technology", "The process and its figures.")
      .required("node_nm", &TechnologyText::node_nm, "feature size, in nm", between(3, 250))
      .custom(
          "voltage", false, "supply in V, 0: nominal of the node", {{"type", "number"}, {"minimum", 0}, {"maximum", 3}},
          [](const Node& node, TechnologyText& technology, Diagnostics& diagnostics) {
            const bool nominal = node.as_number() == 0.0;
            read_value(node, "voltage", nominal ? between(0, 0) : between(0.3, 3), diagnostics, technology.voltage);
          },
          [](const TechnologyText& technology) { return Json(technology.voltage); })
      .required("clock_mhz", &TechnologyText::clock_mhz, "turns leakage power into energy", between(0.001, 100000))
      .custom("entries", false, "figures that replace the table's", {{"type", "object"}},
              [](const Node& node, TechnologyText& technology, Diagnostics& diagnostics) {
                if (!require_mapping(node, "entries", diagnostics)) return;
                for (const Node::Entry& entry : node.entries()) read_replacement(entry, technology, diagnostics);
              });
}

Record<ComputeText> compute_record() {
  auto record =
      Record<ComputeText>("compute", "The multiply-accumulate units.")
          .optional("name", &ComputeText::name, "how reports call it")
          .optional("mac", &ComputeText::mac, "number format of the operands, prices the multiplier: int8 ...")
          .optional("accumulator", &ComputeText::accumulator, "number format of the sums, prices the adder")
          .optional("adder", &ComputeText::adder,
                    "charge each addition where partial sums meet; the unit is then its multiplier")
          .optional("source", &ComputeText::source, "of explicit figures");
  record = mesh(std::move(record));
  record = formula(std::move(record), "word_bits", &ComputeText::word_bits, "width of a word", true);
  record = formula(std::move(record), "energy_pj", &ComputeText::energy_pj, "per multiply-accumulate, instead of mac");
  record = formula(std::move(record), "adder_pj", &ComputeText::adder_pj, "per addition of partial sums");
  record = formula(std::move(record), "area_um2", &ComputeText::area_um2, "of one unit");
  record = formula(std::move(record), "idle_pj_per_cycle", &ComputeText::idle_pj_per_cycle,
                   "clock and control of one unit, used or not");
  record = std::move(record).optional("idle_source", &ComputeText::idle_source, "of idle_pj_per_cycle");
  return std::move(record).checked([](const Node& node, ComputeText& compute, Diagnostics& diagnostics) {
    if (!compute.idle_pj_per_cycle.empty() && compute.idle_source.empty())
      diagnostics.error(compute.idle_pj_per_cycle.where, "idle_pj_per_cycle is given without an idle_source");
    if (compute.mac.empty() == compute.energy_pj.empty()) {
      diagnostics.error(node.location(), "compute needs one of: mac (a number format), energy_pj");
    }
    if (!compute.energy_pj.empty() && compute.source.empty()) {
      diagnostics.error(compute.energy_pj.where, "energy_pj is given without a source");
    }
    for (const std::string* word : {&compute.mac, &compute.accumulator}) {
      if (word->empty()) continue;
      try {
        parse_number_format(*word);
      } catch (const std::invalid_argument& error) {
        diagnostics.error(node.location(), error.what());
      }
    }
  });
}

void read_names(const Node& node, const std::string& what, const std::vector<std::string>& allowed,
                Diagnostics& diagnostics, std::vector<std::string>& names) {
  if (!require_sequence(node, what, diagnostics)) return;
  for (const Node& item : node.items()) {
    std::string word;
    if (!read_value(item, "an item of " + what, {}, diagnostics, word)) continue;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
      diagnostics.error(item.location(),
                        fmt::format("{} is not one of its names{}", quote(word), suggestion(word, allowed)));
      continue;
    }
    if (std::find(names.begin(), names.end(), word) != names.end()) {
      diagnostics.error(item.location(), fmt::format("{} is listed twice in {}", quote(word), what));
      continue;
    }
    names.push_back(word);
  }
}

Record<LevelText> level_record() {
  auto memories = dram_kinds();
  memories.insert(memories.begin(), {"register_file", "sram"});
  auto record = Record<LevelText>("level", "A storage level.")
                    .required("name", &LevelText::name, "how reports call it")
                    .optional("memory", &LevelText::memory, "prices accesses and area", one_of(memories))
                    .optional("dram", &LevelText::is_dram, "off chip: no in-place reduction")
                    .optional("source", &LevelText::source, "of explicit figures");
  record = mesh(std::move(record));
  const auto add = [&](const char* key, Formula LevelText::*place, const char* doc, bool required = false) {
    record = formula(std::move(record), key, place, doc, required);
  };
  add("words", &LevelText::words, "capacity of one instance; left out: unbounded");
  add("word_bits", &LevelText::word_bits, "width of a word", true);
  add("block", &LevelText::block, "words of one access");
  add("cluster", &LevelText::cluster, "instances that share one access");
  add("banks", &LevelText::banks, "banks of one instance (sram)");
  add("multiple_buffering", &LevelText::multiple_buffering, "share of the capacity for one tile is its inverse");
  add("min_utilization", &LevelText::min_utilization, "least legal share of the capacity");
  add("read_bandwidth", &LevelText::read_bandwidth, "words per cycle and instance");
  add("write_bandwidth", &LevelText::write_bandwidth, "words per cycle and instance");
  add("shared_bandwidth", &LevelText::shared_bandwidth, "reads and writes together");
  add("wire_mm", &LevelText::wire_mm, "wire that every word travels on an access");
  add("hop_mm", &LevelText::hop_mm, "wire of one hop of the network to the next-inner level");
  add("hop_pj", &LevelText::hop_pj, "energy of one word's hop, instead of hop_mm");
  add("router_pj", &LevelText::router_pj, "energy of one word through a router");
  add("access_pj", &LevelText::access_pj, "energy of an access (read, fill, update alike)");
  add("read_pj", &LevelText::read_pj, "energy of a read");
  add("fill_pj", &LevelText::fill_pj, "energy of a fill");
  add("update_pj", &LevelText::update_pj, "energy of an update");
  add("leak_pj_per_cycle", &LevelText::leak_pj_per_cycle, "leakage of one used instance");
  add("area_um2", &LevelText::area_um2, "of one instance");
  add("idle_pj_per_cycle", &LevelText::idle_pj_per_cycle, "clock and control of one instance, used or not");
  record = std::move(record)
               .optional("idle_source", &LevelText::idle_source, "of idle_pj_per_cycle")
               .custom("gated_by", false, "tensors whose zeros save the reads and updates of the other operands here",
                       {{"type", "array"}, {"items", {{"type", "string"}}}},
                       [](const Node& node, LevelText& level, Diagnostics& diagnostics) {
                         read_names(node, "gated_by", {}, diagnostics, level.gated_by);
                       });
  return std::move(record).checked([](const Node& node, LevelText& level, Diagnostics& diagnostics) {
    if (!level.idle_pj_per_cycle.empty() && level.idle_source.empty())
      diagnostics.error(level.idle_pj_per_cycle.where, "idle_pj_per_cycle is given without an idle_source");
    level.where = node.location();
    const bool all =
        !level.access_pj.empty() || (!level.read_pj.empty() && !level.fill_pj.empty() && !level.update_pj.empty());
    if (level.memory.empty() && !all) {
      diagnostics.error(node.location(),
                        fmt::format("level {} has no energies: it needs memory, or access_pj, or all of "
                                    "read_pj, fill_pj, update_pj",
                                    level.name));
    }
    if (level.source.empty() &&
        (!level.access_pj.empty() || !level.read_pj.empty() || !level.fill_pj.empty() || !level.update_pj.empty())) {
      diagnostics.error(node.location(), fmt::format("level {} gives energies without a source", level.name));
    }
    if (level.words.empty() && (level.memory == "sram" || level.memory == "register_file")) {
      diagnostics.error(node.location(), fmt::format("level {} is a {} and needs words", level.name, level.memory));
    }
    const auto kinds = dram_kinds();
    if (std::find(kinds.begin(), kinds.end(), level.memory) != kinds.end()) level.is_dram = true;
  });
}

// {temporal: {S: extent}, spatial_x: {K: 4}}
void read_bounds(const Node& node, const std::vector<std::string>& dimensions, Diagnostics& diagnostics,
                 std::vector<BoundText>& bounds) {
  if (!require_mapping(node, "bounds", diagnostics)) return;
  for (const Node::Entry& slot : node.entries()) {
    const auto found = std::find(slot_names.begin(), slot_names.end(), slot.key);
    if (found == slot_names.end()) {
      diagnostics.error(slot.where, fmt::format("unknown key {}{}", quote(slot.key), suggestion(slot.key, slot_names)));
      continue;
    }
    if (!require_mapping(slot.value, slot.key, diagnostics)) continue;
    for (const Node::Entry& entry : slot.value.entries()) {
      if (std::find(dimensions.begin(), dimensions.end(), entry.key) == dimensions.end()) {
        diagnostics.error(entry.where, fmt::format("{} is not a dimension here{}", quote(entry.key),
                                                   suggestion(entry.key, dimensions)));
        continue;
      }
      BoundText bound;
      bound.slot = static_cast<int>(found - slot_names.begin());
      bound.dimension = entry.key;
      bound.where = entry.where;
      if (read_formula(entry.value, entry.key, bound.factor, diagnostics)) bounds.push_back(bound);
    }
  }
}

Record<RuleText> rule_record(const std::vector<std::string>& dimensions) {
  auto record =
      Record<RuleText>("rule", "What one level allows.")
          .required("level", &RuleText::level, "name of the level")
          .custom("keep", false, "tensors stored here; all others pass by", {{"type", "array"}},
                  [](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
                    rule.keep.emplace();
                    read_names(node, "keep", {"Inputs", "Weights", "Outputs"}, diagnostics, *rule.keep);
                  })
          .custom("may_keep", false, "tensors that may be stored here or pass by", {{"type", "array"}},
                  [](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
                    read_names(node, "may_keep", {"Inputs", "Weights", "Outputs"}, diagnostics, rule.may_keep);
                  })
          .custom("may_home", false, "tensors that pass by, unless all of one stays here between layers (--fusion)",
                  {{"type", "array"}}, [](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
                    read_names(node, "may_home", {"Inputs", "Weights", "Outputs"}, diagnostics, rule.may_home);
                  });
  record = formula(std::move(record), "when", &RuleText::when, "condition under which the rule applies");
  if (dimensions.empty()) return record;
  for (int slot = 0; slot < slot_count; ++slot) {
    record = std::move(record).custom(
        slot_names[slot], false, "dimensions that may loop here; the others may not", {{"type", "array"}},
        [slot, dimensions](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
          rule.allowed[slot].emplace();
          read_names(node, slot_names[slot], dimensions, diagnostics, *rule.allowed[slot]);
        });
  }
  record = std::move(record).custom(
      "at_least", false, "least factors, by slot and dimension; extent is the dimension's", {{"type", "object"}},
      [dimensions](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
        read_bounds(node, dimensions, diagnostics, rule.at_least);
      });
  record = std::move(record).custom("at_most", false, "largest factors, by slot and dimension", {{"type", "object"}},
                                    [dimensions](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
                                      read_bounds(node, dimensions, diagnostics, rule.at_most);
                                    });
  return std::move(record).custom("order", false, "innermost temporal loops, innermost first", {{"type", "array"}},
                                  [dimensions](const Node& node, RuleText& rule, Diagnostics& diagnostics) {
                                    read_names(node, "order", dimensions, diagnostics, rule.order);
                                  });
}

void read_rules(const Node& node, const std::vector<std::string>& dimensions, Diagnostics& diagnostics,
                std::vector<RuleText>& rules) {
  if (!require_sequence(node, "rules", diagnostics)) return;
  const auto record = rule_record(dimensions);
  for (const Node& item : node.items()) {
    rules.push_back(record.read(item, diagnostics));
    rules.back().where = item.location();
  }
}

Record<RulesText> rules_record() {
  const auto list = [](const std::vector<std::string>& dimensions, std::vector<RuleText> RulesText::*place) {
    return [dimensions, place](const Node& node, RulesText& rules, Diagnostics& diagnostics) {
      read_rules(node, dimensions, diagnostics, rules.*place);
    };
  };
  return Record<RulesText>("rules", "What mappings must obey, by kind of layer.")
      .custom("any", false, "every layer: keep sets", array_of(rule_record({}).schema()), list({}, &RulesText::any))
      .custom("conv", false, "layers over N K C P Q R S G", array_of(rule_record(conv_dimensions).schema()),
              list(conv_dimensions, &RulesText::conv))
      .custom("matmul", false, "layers over M N K B", array_of(rule_record(matmul_dimensions).schema()),
              list(matmul_dimensions, &RulesText::matmul));
}

struct ArchitectureText {
  ComputeText compute;
  std::vector<LevelText> levels;
  bool link_transfers = false;
  std::string machine;
};

Record<ArchitectureText> architecture_record() {
  return Record<ArchitectureText>("architecture", "The machine over the parameters.")
      .record("compute", &ArchitectureText::compute, compute_record(), true)
      .list("levels", &ArchitectureText::levels, level_record(), "storage, innermost first", true)
      .optional("link_transfers", &ArchitectureText::link_transfers, "neighbours may pass data on")
      .optional("machine", &ArchitectureText::machine, "cycle-model preset");
}

struct NamedText {
  std::string name, source;
  RulesText rules;
};

const Record<NamedText>& baseline_record() {
  static const auto record = Record<NamedText>("baseline", "The hand design's dataflow.")
                                 .required("name", &NamedText::name, "such as row stationary")
                                 .required("source", &NamedText::source, "publication")
                                 .record("rules", &NamedText::rules, rules_record(), true);
  return record;
}

// Entries of a mapping whose keys are names of the user's.
template <class Read>
auto named_entries(const std::string& what, Read read) {
  return [what, read](const Node& node, FamilyText& family, Diagnostics& diagnostics) {
    if (!require_mapping(node, what, diagnostics)) return;
    for (const Node::Entry& entry : node.entries()) {
      require_identifier(entry.key, entry.where, diagnostics);
      read(entry, family, diagnostics);
    }
  };
}

void read_setting(const Node::Entry& entry, FamilyText& family, Diagnostics& diagnostics) {
  static const auto record = setting_record();
  SettingText setting = record.read(entry.value, diagnostics);
  setting.name = entry.key;
  setting.where = entry.where;
  family.settings.push_back(std::move(setting));
}

void read_parameter(const Node::Entry& entry, FamilyText& family, Diagnostics& diagnostics) {
  static const auto record = parameter_record();
  ParameterText parameter = record.read(entry.value, diagnostics);
  parameter.name = entry.key;
  parameter.where = entry.where;
  family.parameters.push_back(std::move(parameter));
}

void read_let(const Node::Entry& entry, FamilyText& family, Diagnostics& diagnostics) {
  LetText let;
  let.name = entry.key;
  if (read_formula(entry.value, entry.key, let.formula, diagnostics)) family.lets.push_back(let);
}

void read_default(const Node::Entry& entry, FamilyText& family, Diagnostics& diagnostics) {
  Formula value;
  if (read_formula(entry.value, entry.key, value, diagnostics)) {
    value.where = entry.value.location();
    family.default_values.emplace_back(entry.key, value);
  }
}

Record<FamilyText> family_record() {
  return Record<FamilyText>("family", "An accelerator family.")
      .required("name", &FamilyText::name, "one word")
      .required("about", &FamilyText::about, "what it is, in a sentence or two")
      .required("source", &FamilyText::source, "publication")
      .custom("settings", false, "numbers that are not searched", object_of(setting_record().schema()),
              named_entries("settings", read_setting))
      .record("technology", &FamilyText::technology, technology_record(), true)
      .custom("parameters", true, "what is searched", object_of(parameter_record().schema()),
              named_entries("parameters", read_parameter))
      .custom("let", false, "names for expressions", object_of(formula_schema), named_entries("let", read_let))
      .custom("constraints", false, "conditions over the names", array_of(formula_schema),
              [](const Node& node, FamilyText& family, Diagnostics& diagnostics) {
                if (!require_sequence(node, "constraints", diagnostics)) return;
                for (const Node& item : node.items()) {
                  Formula constraint;
                  if (read_formula(item, "a constraint", constraint, diagnostics)) {
                    family.constraints.push_back(constraint);
                  }
                }
              })
      .custom("architecture", true, "the machine over the parameters", architecture_record().schema(),
              [](const Node& node, FamilyText& family, Diagnostics& diagnostics) {
                static const auto record = architecture_record();
                ArchitectureText text = record.read(node, diagnostics);
                text.compute.where = node.location();
                family.compute = std::move(text.compute);
                family.levels = std::move(text.levels);
                family.link_transfers = text.link_transfers;
                family.machine = std::move(text.machine);
              })
      .record("rules", &FamilyText::rules, rules_record())
      .custom("default", true, "the published hand design", {{"type", "object"}},
              [](const Node& node, FamilyText& family, Diagnostics& diagnostics) {
                family.default_where = node.location();
                named_entries("default", read_default)(node, family, diagnostics);
              })
      .required("default_source", &FamilyText::default_source, "publication of the hand design")
      .custom("baseline", false, "the hand design's dataflow", baseline_record().schema(),
              [](const Node& node, FamilyText& family, Diagnostics& diagnostics) {
                NamedText text = baseline_record().read(node, diagnostics);
                family.baseline_name = std::move(text.name);
                family.baseline_source = std::move(text.source);
                family.baseline = std::move(text.rules);
              })
      .document("dovetail-family/1");
}

}  // namespace

nlohmann::ordered_json family_schema() {
  return schema_document("dovetail-family/1", family_record().schema());
}

FamilyText read_family_text(const Node& node, Diagnostics& diagnostics) {
  static const auto record = family_record();
  FamilyText family = record.read(node, diagnostics);
  family.where = node.location();
  return family;
}

}  // namespace dovetail
