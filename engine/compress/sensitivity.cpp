// Readers of sensitivity documents and tables.
#include <dovetail/engine/compress/sensitivity.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/embedded.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> list;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) list.push_back(cell);
  if (!list.empty() && !list.back().empty() && list.back().back() == '\r') list.back().pop_back();
  return list;
}

std::optional<double> as_number(const std::string& cell) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

void sort_rows(Sensitivity& sensitivity) {
  for (LayerSensitivity& layer : sensitivity.layers)
    std::stable_sort(layer.rows.begin(), layer.rows.end(),
                     [](const auto& a, const auto& b) { return a.amount < b.amount; });
}

void read_joint(const Node& node, Sensitivity& out, Diagnostics& diagnostics) {
  if (!require_sequence(node, "joint", diagnostics)) return;
  for (const Node& item : node.items()) {
    if (!require_mapping(item, "a joint measurement", diagnostics)) continue;
    JointMeasurement& point = out.joint.emplace_back();
    bool metric = false;
    for (const Node::Entry& entry : item.entries()) {
      if (entry.key == "metric") {
        metric = read_value(entry.value, "metric", {}, diagnostics, point.metric);
      } else if (entry.key == "amounts") {
        if (!require_mapping(entry.value, "amounts", diagnostics)) continue;
        for (const Node::Entry& one : entry.value.entries()) {
          double amount = 0.0;
          if (!read_value(one.value, one.key, {}, diagnostics, amount)) continue;
          if (find_layer(out, one.key) == nullptr)
            diagnostics.error(one.where, fmt::format("joint: the layer {} was not measured by itself", quote(one.key)));
          point.amounts.emplace_back(one.key, amount);
        }
      } else {
        diagnostics.error(entry.where,
                          fmt::format("joint: no key {}, allowed are amounts and metric", quote(entry.key)));
      }
    }
    if (!metric || point.amounts.empty())
      diagnostics.error(item.location(), "joint: expected {amounts: {layer: amount, ...}, metric: number}");
  }
}

}  // namespace

AdditiveError additive_error(const Sensitivity& sensitivity, Drop drop) {
  AdditiveError error;
  for (const JointMeasurement& point : sensitivity.joint) {
    double predicted = sensitivity.base;
    for (const auto& [name, amount] : point.amounts) {
      const LayerSensitivity* layer = find_layer(sensitivity, name);
      if (layer == nullptr || layer->rows.empty()) continue;
      const std::vector<double> lost = drops(sensitivity, *layer, drop);
      std::size_t row = 0;
      while (row + 1 < lost.size() && layer->rows[row].amount < amount - 1e-12) ++row;
      predicted -= lost[row];
    }
    const double off = std::abs(std::max(0.0, predicted) - point.metric);
    error.mean = (error.mean * static_cast<double>(error.points) + off) / static_cast<double>(error.points + 1);
    error.largest = std::max(error.largest, off);
    ++error.points;
  }
  return error;
}

std::vector<double> drops(const Sensitivity& sensitivity, const LayerSensitivity& layer, Drop drop) {
  std::vector<double> list;
  double worst = 0.0;
  for (const SensitivityRow& row : layer.rows) {
    const double lost = sensitivity.base - row.metric;
    worst = std::max(worst, lost);
    list.push_back(drop == Drop::envelope ? worst : lost);
  }
  return list;
}

const LayerSensitivity* find_layer(const Sensitivity& sensitivity, const std::string& layer) {
  for (const std::string& name : {layer, layer + ".0"}) {
    for (const LayerSensitivity& one : sensitivity.layers) {
      if (one.layer == name) return &one;
    }
  }
  return nullptr;
}

Sensitivity read_sensitivity(const Node& document, Diagnostics& diagnostics) {
  static const Record<Sensitivity> record =
      Record<Sensitivity>("sensitivity", "The metric of a network with one layer compressed.")
          .required("network", &Sensitivity::network, "whose layers were compressed")
          .required("kind", &Sensitivity::kind, "what an amount is")
          .required("base", &Sensitivity::base, "the metric of the whole network")
          .custom("metric", false, "what was measured", any_form(), [](const Node&, Sensitivity&, Diagnostics&) {})
          .custom("source", false, "where it was published", any_form(), [](const Node&, Sensitivity&, Diagnostics&) {})
          .custom("layers", true, "{name: [[amount, metric], ...]}", any_form(),
                  [](const Node& node, Sensitivity& out, Diagnostics& d) {
                    if (!require_mapping(node, "layers", d)) return;
                    for (const Node::Entry& entry : node.entries()) {
                      LayerSensitivity& layer = out.layers.emplace_back(LayerSensitivity{entry.key, {}});
                      if (!require_sequence(entry.value, entry.key, d)) continue;
                      for (const Node& item : entry.value.items()) {
                        std::vector<double> pair;
                        if (!read_value(item, "a row", {}, d, pair)) continue;
                        if (pair.size() == 2)
                          layer.rows.push_back({pair[0], pair[1]});
                        else
                          d.error(item.location(),
                                  fmt::format("a row of {} numbers, allowed is [amount, metric]", pair.size()));
                      }
                    }
                  })
          .custom("joint", false,
                  "[{amounts: {name: amount, ...}, metric: number}, ...]: several layers compressed at once",
                  any_form(), [](const Node&, Sensitivity&, Diagnostics&) {})
          .document("dovetail-sensitivity/1");
  Sensitivity out = record.read(document, diagnostics);
  sort_rows(out);
  if (const Node* joint = document.is_mapping() ? document.find("joint") : nullptr)
    read_joint(*joint, out, diagnostics);
  return out;
}

Sensitivity read_sensitivity_table(const std::string& text, const std::string& file, const std::string& network,
                                   const std::string& kind) {
  Sensitivity out{network, kind, 0.0, {}, {}};
  Diagnostics diagnostics;
  std::istringstream stream(text);
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> titles = cells(line), needed = {"model", "granularity", "layer", "sparsity", "top1"};
  std::map<std::string, std::size_t> column;
  for (const std::string& title : needed) {
    const auto at = std::find(titles.begin(), titles.end(), title);
    if (at == titles.end())
      diagnostics.error({.file = file, .line = 1, .column = 1},
                        fmt::format("there is no column '{}'{}", title, suggestion(title, titles)));
    column[title] = static_cast<std::size_t>(at - titles.begin());
  }
  diagnostics.raise();
  std::map<std::string, std::size_t> position;
  std::vector<std::string> models;
  std::optional<double> base;
  for (int number = 2; std::getline(stream, line); ++number) {
    if (line.empty() || line == "\r") continue;
    const Location here{.file = file, .line = number, .column = 1};
    const std::vector<std::string> row = cells(line);
    if (row.size() != titles.size()) {
      diagnostics.error(here, fmt::format("{} cells, allowed are {} as in the first line", row.size(), titles.size()));
      continue;
    }
    const std::string& model = row[column["model"]];
    if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
    if (model != network || row[column["granularity"]] != kind) continue;
    const auto amount = as_number(row[column["sparsity"]]), metric = as_number(row[column["top1"]]);
    if (!amount || !metric) {
      diagnostics.error(here, fmt::format("sparsity {} and top1 {}, allowed are numbers",
                                          quote(row[column["sparsity"]]), quote(row[column["top1"]])));
      continue;
    }
    if (*amount == 0.0 && !base) base = *metric;
    const std::string& layer = row[column["layer"]];
    if (!position.contains(layer)) {
      position[layer] = out.layers.size();
      out.layers.push_back({layer, {}});
    }
    out.layers[position[layer]].rows.push_back({*amount, *metric});
  }
  if (out.layers.empty())
    diagnostics.error({.file = file}, fmt::format("no row of model {} and granularity {}{}", quote(network),
                                                  quote(kind), suggestion(network, models)));
  else if (!base)
    diagnostics.error({.file = file}, fmt::format("no row of {} with sparsity 0 gives its accuracy", network));
  diagnostics.raise();
  out.base = *base;
  sort_rows(out);
  return out;
}

Sensitivity load_sensitivity(const std::string& name_or_path, const std::string& network) {
  if (name_or_path.size() > 4 && name_or_path.substr(name_or_path.size() - 4) == ".csv")
    return read_sensitivity_table(read_text(name_or_path), name_or_path, network, "element");
  const embedded::File* file = embedded::find(embedded::sensitivities(), name_or_path);
  const Node document = file != nullptr ? parse_yaml(file->text, name_or_path) : load_file(name_or_path);
  Diagnostics diagnostics;
  Sensitivity out = read_sensitivity(document, diagnostics);
  diagnostics.raise();
  return out;
}

std::vector<std::string> sensitivity_names() {
  return embedded::names(embedded::sensitivities());
}

}  // namespace dovetail
