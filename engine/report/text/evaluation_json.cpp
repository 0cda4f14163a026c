// Evaluations and violations as JSON, field by field of the command-line contract.
#include <dovetail/engine/report/text/evaluation_json.hpp>

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Violation& violation) {
  return {{"constraint", violation.constraint},
          {"level", violation.level},
          {"tensor", violation.tensor},
          {"needed", json_number(violation.needed)},
          {"available", json_number(violation.available)}};
}

Json to_json(const TensorCounts& counts) {
  return {{"utilized_capacity", counts.utilized_capacity},
          {"partition_size", counts.partition_size},
          {"utilized_instances", counts.utilized_instances},
          {"reads", counts.reads},
          {"fills", counts.fills},
          {"updates", counts.updates},
          {"temporal_reductions", counts.temporal_reductions},
          {"energy_pj", json_number(counts.energy_pj)}};
}

Json to_json(const NetworkTensor& tensor) {
  Json groups = Json::array();
  for (const MulticastGroup& group : tensor.groups) {
    groups.push_back(Json::array({group.multicast, group.scatter, json_number(group.words)}));
  }
  return {{"fanout", tensor.fanout},
          {"groups", std::move(groups)},
          {"link_transfers", json_number(tensor.link_transfers)},
          {"spatial_reductions", json_number(tensor.spatial_reductions)},
          {"avg_hops", json_number(tensor.average_hops)},
          {"energy", json_number(tensor.energy_pj)}};
}

}  // namespace

Json json_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

Json to_json(const Layer& layer, const Architecture& architecture, const Evaluation& evaluation) {
  Json violations = Json::array();
  for (const Violation& violation : evaluation.violations) violations.push_back(to_json(violation));
  Json json = {{"valid", evaluation.valid()}, {"violations", std::move(violations)}};
  if (!evaluation.valid()) {
    for (const char* name :
         {"computes", "cycles", "compute_cycles", "energy_pj", "compute_energy_pj", "edp", "utilization", "area_um2"}) {
      json[name] = nullptr;
    }
    json["levels"] = Json::array();
    json["networks"] = Json::array();
    return json;
  }
  json["computes"] = evaluation.macs;
  json["cycles"] = evaluation.cycles;
  json["compute_cycles"] = evaluation.compute_cycles;
  json["energy_pj"] = json_number(evaluation.energy_pj);
  json["compute_energy_pj"] = json_number(evaluation.compute_energy_pj);
  json["edp"] = json_number(evaluation.edp());
  json["utilization"] = json_number(evaluation.utilization);
  json["area_um2"] = json_number(evaluation.area_um2);
  const auto tensor_name = [&](std::size_t t) { return layer.tensors.at(t).name; };
  Json levels = Json::array();
  for (std::size_t i = 0; i < evaluation.levels.size(); ++i) {
    const LevelEvaluation& level = evaluation.levels[i];
    Json tensors = Json::object();
    for (std::size_t t = 0; t < level.tensors.size(); ++t) tensors[tensor_name(t)] = to_json(level.tensors[t]);
    levels.push_back({{"name", architecture.levels.at(i).name},
                      {"cycles", level.cycles},
                      {"energy_pj", json_number(level.energy_pj)},
                      {"leakage_energy_pj", json_number(level.leakage_energy_pj)},
                      {"tensors", std::move(tensors)}});
  }
  json["levels"] = std::move(levels);
  Json networks = Json::array();
  for (const NetworkEvaluation& network : evaluation.networks) {
    Json tensors = Json::object();
    for (std::size_t t = 0; t < network.tensors.size(); ++t) tensors[tensor_name(t)] = to_json(network.tensors[t]);
    networks.push_back(
        {{"name", network.name}, {"energy_pj", json_number(network.energy_pj)}, {"tensors", std::move(tensors)}});
  }
  json["networks"] = std::move(networks);
  return json;
}

std::string to_text(const Violation& violation) {
  std::string text = violation.constraint;
  if (!violation.level.empty()) text += " at " + violation.level;
  if (!violation.tensor.empty()) text += " for " + violation.tensor;
  return fmt::format("{}: {:.12g} needed, {:.12g} available", text, violation.needed, violation.available);
}

}  // namespace dovetail
