// Reading of the keys that search networks.
#include <dovetail/engine/study/exploration_keys.hpp>

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include <dovetail/engine/study/said_value.hpp>

namespace dovetail {
namespace {

const std::vector<std::string> exploring_keys = {"network",  "networks", "system", "compress", "cost",
                                                 "accuracy", "metrics",  "stages", "start",    "preset"};

void unknown(const Node::Entry& entry, const char* what, const std::vector<std::string>& keys,
             Diagnostics& diagnostics) {
  diagnostics.error(entry.where, fmt::format("{}: no key {}{}", what, quote(entry.key), suggestion(entry.key, keys)));
}

StudyNetwork one_network(const Node& node, const Location& where, Diagnostics& diagnostics) {
  StudyNetwork network;
  network.where = where;
  if (node.is_scalar() && !node.text().empty()) {
    network.workload = node.text();
    return network;
  }
  if (!node.is_mapping()) {
    diagnostics.error(node.location(), "network: expected a workload, or {family: NAME}, found " + node.describe());
    return network;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "family") {
      read_value(entry.value, "family", {}, diagnostics, network.family);
      network.where = entry.value.location();
    } else if (entry.key == "workload") {
      read_value(entry.value, "workload", {}, diagnostics, network.workload);
      network.where = entry.value.location();
    } else if (entry.key == "any") {
      read_value(entry.value, "any", {}, diagnostics, network.any);
      network.where = entry.value.location();
    } else if (entry.key == "weight") {
      read_value(entry.value, "weight", above(0), diagnostics, network.weight);
    } else {
      network.settings[entry.key] = entry.value;
    }
  }
  if ((network.family.empty() ? 0 : 1) + (network.workload.empty() ? 0 : 1) + (network.any.empty() ? 0 : 1) != 1)
    diagnostics.error(node.location(), "network: expected one of family, workload and any");
  if (network.family.empty())
    for (const auto& [name, value] : network.settings)
      diagnostics.error(value.location(),
                        fmt::format("network: {} is a setting of families, and this is a workload", quote(name)));
  return network;
}

bool is_name(const std::string& text) {
  if (text.empty() || (std::isalpha(static_cast<unsigned char>(text[0])) == 0 && text[0] != '_')) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

StudyAccuracy one_accuracy(const Node& node, Diagnostics& diagnostics) {
  StudyAccuracy accuracy;
  accuracy.where = node.location();
  if (node.is_scalar() && node.text() == "proxy") {
    accuracy.kind = StudyAccuracy::Kind::proxy;
    return accuracy;
  }
  if (!node.is_mapping()) {
    diagnostics.error(node.location(),
                      "accuracy: expected {table: FILE, ...}, {command: ...}, {trainer: {data: ...}} or proxy, found " +
                          node.describe());
    return accuracy;
  }
  const std::vector<std::string> keys = {"table",    "key",     "column",      "cheap", "command", "timeout",
                                         "fidelity", "trainer", "sensitivity", "drop",  "base"};
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "table") {
      accuracy.kind = StudyAccuracy::Kind::table;
      accuracy.where = entry.value.location();
      read_value(entry.value, "table", {}, diagnostics, accuracy.path);
    } else if (entry.key == "command") {
      accuracy.kind = StudyAccuracy::Kind::command;
      accuracy.where = entry.value.location();
      read_value(entry.value, "command", {}, diagnostics, accuracy.command);
    } else if (entry.key == "sensitivity") {
      accuracy.kind = StudyAccuracy::Kind::sensitivity;
      accuracy.where = entry.value.location();
      if (entry.value.is_sequence())
        read_value(entry.value, "sensitivity", {}, diagnostics, accuracy.sensitivities);
      else
        read_value(entry.value, "sensitivity", {}, diagnostics, accuracy.sensitivities.emplace_back());
    } else if (entry.key == "drop") {
      read_value(entry.value, "drop", one_of({"envelope", "as measured"}), diagnostics, accuracy.drop);
    } else if (entry.key == "base") {
      if (!require_mapping(entry.value, "base", diagnostics)) continue;
      for (const Node::Entry& one : entry.value.entries())
        read_value(one.value, one.key, {}, diagnostics, accuracy.base[one.key]);
    } else if (entry.key == "trainer") {
      accuracy.kind = StudyAccuracy::Kind::trainer;
      accuracy.where = entry.value.location();
      read_trainer(entry.value, accuracy.trainer, diagnostics);
    } else if (entry.key == "key") {
      read_value(entry.value, "key", {}, diagnostics, accuracy.key);
    } else if (entry.key == "column") {
      read_value(entry.value, "column", {}, diagnostics, accuracy.column);
    } else if (entry.key == "cheap") {
      read_value(entry.value, "cheap", {}, diagnostics, accuracy.cheap);
    } else if (entry.key == "timeout") {
      read_value(entry.value, "timeout", above(0), diagnostics, accuracy.timeout_s);
    } else if (entry.key == "fidelity") {
      read_value(entry.value, "fidelity", {}, diagnostics, accuracy.fidelity);
    } else {
      unknown(entry, "accuracy", keys, diagnostics);
    }
  }
  const int oracles = (node.find("table") != nullptr ? 1 : 0) + (node.find("command") != nullptr ? 1 : 0) +
                      (node.find("trainer") != nullptr ? 1 : 0) + (node.find("sensitivity") != nullptr ? 1 : 0);
  if (oracles > 1)
    diagnostics.error(node.location(), "accuracy: several of table, command, trainer and sensitivity: keep one");
  if (oracles == 0) diagnostics.error(node.location(), "accuracy: expected table, command, trainer or sensitivity");
  return accuracy;
}

void add_aim(const Node& node, bool minimize, StudyExploration& explore, Diagnostics& diagnostics) {
  if (node.is_sequence()) {
    for (const Node& item : node.items()) add_aim(item, minimize, explore, diagnostics);
  } else if (node.is_scalar() && !node.text().empty()) {
    explore.aims.push_back({node.text(), minimize, node.location()});
  } else {
    diagnostics.error(node.location(), "objective: expected an expression over metrics, found " + node.describe());
  }
}

void add_aims(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  if (!node.is_mapping()) {
    add_aim(node, true, explore, diagnostics);
    return;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "minimize" || entry.key == "maximize")
      add_aim(entry.value, entry.key == "minimize", explore, diagnostics);
    else
      diagnostics.error(entry.where,
                        fmt::format("objective: expected minimize or maximize, found {}{}", quote(entry.key),
                                    suggestion(entry.key, std::vector<std::string>{"minimize", "maximize"})));
  }
}

// The text before the first comparison: later limits on the same replace earlier ones, so that --set overrides the
// file.
std::string left_of(const std::string& text) {
  std::string left = text.substr(0, text.find_first_of("<>"));
  std::erase(left, ' ');
  return left + (text.find('<') != std::string::npos ? "<" : ">");
}

void add_limit(const std::string& text, const Location& where, StudyExploration& explore) {
  std::erase_if(explore.limits, [&](const StudyLimit& other) { return left_of(other.text) == left_of(text); });
  explore.limits.push_back({text, where});
}

}  // namespace

bool explores(const Node& document) {
  if (!document.is_mapping()) return false;
  for (const std::string& key : exploring_keys)
    if (document.find(key) != nullptr) return true;
  const Node* objective = document.find("objective");
  return objective != nullptr && (objective->is_mapping() || (objective->is_sequence() && !objective->items().empty() &&
                                                              objective->items()[0].is_mapping()));
}

void read_network(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  // `--set network.classes=100` adds to the network of the file.
  if (node.is_mapping() && node.find("family") == nullptr && node.find("workload") == nullptr &&
      node.find("any") == nullptr && explore.networks.size() == 1) {
    for (const Node::Entry& entry : node.entries()) explore.networks[0].settings[entry.key] = entry.value;
    return;
  }
  explore.networks = {one_network(node, node.location(), diagnostics)};
}

void read_networks(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  explore.networks.clear();
  const auto add = [&](std::string task, const Node& item, const Location& where) {
    StudyNetwork network = one_network(item, where, diagnostics);
    if (task.empty())
      task = is_name(network.family.empty() ? network.workload : network.family)
                 ? (network.family.empty() ? network.workload : network.family)
                 : "network";
    std::string name = task;
    const auto taken = [&] {
      return std::any_of(explore.networks.begin(), explore.networks.end(),
                         [&](const StudyNetwork& other) { return other.task == name; });
    };
    for (int i = 2; taken(); ++i) name = fmt::format("{}_{}", task, i);
    network.task = name;
    if (!is_name(name))
      diagnostics.error(where,
                        fmt::format("networks: {} is not a name, allowed are letters, digits and _", quote(name)));
    explore.networks.push_back(std::move(network));
  };
  if (node.is_mapping())
    for (const Node::Entry& entry : node.entries()) add(entry.key, entry.value, entry.where);
  else if (require_sequence(node, "networks", diagnostics))
    for (const Node& item : node.items()) add("", item, item.location());
  if (explore.networks.empty()) diagnostics.error(node.location(), "networks: the list is empty");
}

void read_cost(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  StudyCost& cost = explore.cost;
  cost.where = node.location();
  if (!require_mapping(node, "cost", diagnostics)) return;
  const std::vector<std::string> keys = {"table", "command", "metrics", "timeout", "mapping", "layers"};
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "table") {
      cost.kind = StudyCost::Kind::table;
      cost.where = entry.value.location();
      read_value(entry.value, "table", {}, diagnostics, cost.path);
    } else if (entry.key == "command") {
      cost.kind = StudyCost::Kind::command;
      cost.where = entry.value.location();
      read_value(entry.value, "command", {}, diagnostics, cost.command);
    } else if (entry.key == "metrics") {
      read_value(entry.value, "metrics", {}, diagnostics, cost.metrics);
      for (const std::string& name : cost.metrics)
        if (!is_name(name))
          diagnostics.error(entry.value.location(), "cost: " + quote(name) + " is not a name of a metric");
    } else if (entry.key == "timeout") {
      read_value(entry.value, "timeout", above(0), diagnostics, cost.timeout_s);
    } else if (entry.key == "mapping") {
      if (cost.kind == StudyCost::Kind::none) cost.kind = StudyCost::Kind::mapped;
      read_value(entry.value, "mapping", one_of({"edp", "energy", "cycles"}), diagnostics, cost.mapping);
    } else if (entry.key == "layers") {
      std::string layers;
      if (read_value(entry.value, "layers", one_of({"all", "convolutions"}), diagnostics, layers))
        cost.convolutions = layers == "convolutions";
    } else {
      unknown(entry, "cost", keys, diagnostics);
    }
  }
  if (node.find("table") != nullptr && node.find("command") != nullptr)
    diagnostics.error(node.location(), "cost: both table and command: keep one");
  else if (cost.kind == StudyCost::Kind::none && node.find("layers") == nullptr)
    diagnostics.error(node.location(), "cost: expected table, command, or mapping with a machine family");
}

void read_accuracy(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  // `--set accuracy.column=cifar10` changes the file's.
  const auto is_part = [](const std::string& key) {
    return key == "key" || key == "column" || key == "cheap" || key == "timeout" || key == "fidelity";
  };
  if (node.is_mapping() && node.entries().size() == 1 && is_part(node.entries()[0].key) &&
      explore.accuracies.size() == 1) {
    const Node::Entry& entry = node.entries()[0];
    StudyAccuracy& accuracy = explore.accuracies[0];
    if (entry.key == "timeout")
      read_value(entry.value, "timeout", above(0), diagnostics, accuracy.timeout_s);
    else
      read_value(entry.value, entry.key, {}, diagnostics,
                 entry.key == "key"      ? accuracy.key
                 : entry.key == "column" ? accuracy.column
                 : entry.key == "cheap"  ? accuracy.cheap
                                         : accuracy.fidelity);
    return;
  }
  if (node.is_mapping() && node.entries().size() == 1 && node.entries()[0].key.rfind("trainer.", 0) == 0 &&
      explore.accuracies.size() == 1 && explore.accuracies[0].kind == StudyAccuracy::Kind::trainer) {
    const Node::Entry& entry = node.entries()[0];
    read_trainer(Node::mapping(node.location(), {{entry.key.substr(8), entry.where, entry.value}}),
                 explore.accuracies[0].trainer, diagnostics);
    return;
  }
  explore.accuracies.clear();
  const bool per_task = node.is_mapping() && !node.entries().empty() &&
                        std::all_of(node.entries().begin(), node.entries().end(), [](const Node::Entry& entry) {
                          return entry.key != "trainer" && entry.key != "base" &&
                                 (entry.value.is_mapping() || entry.value.text() == "proxy");
                        });
  if (!per_task) {
    explore.accuracies = {one_accuracy(node, diagnostics)};
    return;
  }
  for (const Node::Entry& entry : node.entries()) {
    explore.accuracies.push_back(one_accuracy(entry.value, diagnostics));
    explore.accuracies.back().task = entry.key;
  }
}

void read_metrics(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  if (!require_mapping(node, "metrics", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    if (!is_name(entry.key))
      diagnostics.error(entry.where,
                        fmt::format("metrics: {} is not a name, allowed are letters, digits and _", quote(entry.key)));
    else if (!entry.value.is_scalar() || entry.value.text().empty())
      diagnostics.error(entry.value.location(), fmt::format("metrics: {} is {}, allowed is an expression over metrics",
                                                            entry.key, entry.value.describe()));
    else {
      std::erase_if(explore.metrics, [&](const auto& other) { return other.first == entry.key; });
      explore.metrics.emplace_back(entry.key, StudyAim{entry.value.text(), true, entry.value.location()});
    }
  }
}

void read_stages(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  explore.stages.clear();
  if (!require_sequence(node, "stages", diagnostics)) return;
  const std::vector<std::string> known = {"limits", "price", "accuracy"};
  for (const Node& item : node.items()) {
    std::string name;
    if (!read_value(item, "a stage", one_of(known), diagnostics, name)) continue;
    const bool twice = std::any_of(explore.stages.begin(), explore.stages.end(),
                                   [&](const auto& other) { return other.first == name; });
    if (twice) diagnostics.error(item.location(), fmt::format("stages: {} stands twice", name));
    explore.stages.emplace_back(name, item.location());
  }
}

void read_start(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.active = true;
  explore.start.clear();
  const std::vector<Node> items = node.is_sequence() ? node.items() : std::vector<Node>{node};
  for (const Node& item : items) {
    if (item.is_mapping())
      explore.start.push_back(item);
    else
      diagnostics.error(item.location(), "start: expected {parameter: value, ...}, found " + item.describe());
  }
}

void read_aims(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  explore.aims.clear();
  if (node.is_sequence())
    for (const Node& item : node.items()) add_aims(item, explore, diagnostics);
  else
    add_aims(node, explore, diagnostics);
}

void read_limits(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  if (node.is_mapping()) {
    for (const Node::Entry& entry : node.entries()) {
      const auto bound = [&](const Node& value, const char* sign) {
        double number = 0.0;
        if (read_value(value, "the bound of " + quote(entry.key), {}, diagnostics, number))
          add_limit(fmt::format("{} {} {:.17g}", entry.key, sign, number), entry.where, explore);
      };
      if (!entry.value.is_mapping()) {
        bound(entry.value, "<=");
        continue;
      }
      for (const Node::Entry& side : entry.value.entries()) {
        if (side.key == "max" || side.key == "min")
          bound(side.value, side.key == "max" ? "<=" : ">=");
        else
          diagnostics.error(side.where, "a spec has 'max' and 'min', found " + quote(side.key));
      }
    }
    return;
  }
  const std::vector<Node> items = node.is_sequence() ? node.items() : std::vector<Node>{node};
  for (const Node& item : items) {
    if (item.is_scalar() && !item.text().empty())
      add_limit(item.text(), item.location(), explore);
    else
      diagnostics.error(item.location(),
                        "specs: expected 'metric <= number' or 'metric >= number', found " + item.describe());
  }
}

namespace {

using Reader = void (*)(const Node&, StudyExploration&, Diagnostics&);

// Boards for a pipeline, or machines of one chip.
void read_boards_or_machines(const Node& node, StudyExploration& explore, Diagnostics& diagnostics) {
  if (is_boards(node))
    read_boards(node, explore.boards, diagnostics);
  else
    read_system(node, explore.system, diagnostics);
}

// The keys that a search over networks reads itself; all others are those of every study.
Reader reader_of(const std::string& key) {
  static const std::map<std::string, Reader> readers = {
      {"network", read_network},
      {"networks", read_networks},
      {"cost", read_cost},
      {"accuracy", read_accuracy},
      {"metrics", read_metrics},
      {"system", read_boards_or_machines},
      {"stages", read_stages},
      {"start", read_start},
      {"compress", [](const Node& node, StudyExploration& explore,
                      Diagnostics& diagnostics) { read_compression_keys(node, explore.compression, diagnostics); }},
      {"objective", read_aims},
      {"specs", read_limits}};
  const auto found = readers.find(key);
  return found == readers.end() ? nullptr : found->second;
}

// A key that a search over networks reads itself, or a part of it: accuracy.column.
void set_part(ExplorationStudy& study, Reader read, const std::string& path, Node value, const Location& where,
              Diagnostics& diagnostics) {
  if (const std::size_t dot = path.find('.'); dot != std::string::npos)
    value = Node::mapping(where, {Node::Entry{path.substr(dot + 1), where, value}});
  read(value, study.explore, diagnostics);
}

}  // namespace

ExplorationStudy read_exploration_study(const Node& document, Diagnostics& diagnostics) {
  ExplorationStudy study;
  std::vector<Node::Entry> others;
  for (const Node::Entry& entry : document.entries()) {
    if (const Reader read = reader_of(entry.key))
      read(entry.value, study.explore, diagnostics);
    else if (entry.key == "preset")
      study.explore.preset = entry.value.text();
    else
      others.push_back(entry);
  }
  static_cast<Study&>(study) = read_study(Node::mapping(document.location(), std::move(others)), diagnostics);
  if (document.find("batch") == nullptr) study.batch = 1;
  if (document.find("network") != nullptr && document.find("networks") != nullptr)
    diagnostics.error(document.find("networks")->location(), "both 'network' and 'networks': keep one");
  study.explore.active = true;
  return study;
}

void set_exploration_value(ExplorationStudy& study, const std::string& assignment, const std::string& source,
                           Diagnostics& diagnostics) {
  const std::size_t equals = assignment.find('='), dot = std::min(assignment.find('.'), equals);
  const Reader read = equals == std::string::npos ? nullptr : reader_of(assignment.substr(0, dot));
  if (read == nullptr) {
    set_value(study, assignment, source, diagnostics);
    return;
  }
  const Location where{fmt::format("{} {}", source, assignment), 0, 0, ""};
  try {
    set_part(study, read, assignment.substr(0, equals), parse_yaml(assignment.substr(equals + 1), where.file), where,
             diagnostics);
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
  }
}

void set_exploration_value(ExplorationStudy& study, const std::string& path, const Node& value,
                           Diagnostics& diagnostics) {
  if (const Reader read = reader_of(path.substr(0, path.find('.'))))
    set_part(study, read, path, value, value.location(), diagnostics);
  else
    set_value(study, path, value, diagnostics);
}

}  // namespace dovetail
