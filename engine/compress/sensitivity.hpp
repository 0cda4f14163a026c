// How accuracy falls when one layer is compressed: measured one layer at a time, predicted additively for several.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// The metric of a network with one layer compressed by an amount.
struct SensitivityRow {
  double amount = 0.0;  ///< such as the share of weights that are zero
  double metric = 0.0;  ///< such as top-1 accuracy in percent
};

struct LayerSensitivity {
  std::string layer;
  std::vector<SensitivityRow> rows;  ///< ascending amounts
};

/// The metric with several layers compressed at once.
struct JointMeasurement {
  std::vector<std::pair<std::string, double>> amounts;  ///< by layer
  double metric = 0.0;
};

struct Sensitivity {
  std::string network;
  std::string kind;   ///< what an amount is: element, filter, channel, bits
  double base = 0.0;  ///< the metric of the whole network
  std::vector<LayerSensitivity> layers;
  std::vector<JointMeasurement> joint;  ///< what the additive prediction is checked against
};

/// How a row becomes a drop of the metric. Measurements are noisy: signed drops let a search harvest noise.
enum class Drop : std::uint8_t {
  envelope,     ///< the largest max(0, base - metric) at amounts up to this one: never falls
  as_measured,  ///< base - metric, also negative
};

/// The drop at each row of a layer.
std::vector<double> drops(const Sensitivity& sensitivity, const LayerSensitivity& layer, Drop drop);

/// The rows of a layer, also by its name without a final ".0"; nullptr when it was not measured.
const LayerSensitivity* find_layer(const Sensitivity& sensitivity, const std::string& layer);

/// How far the sum of drops is from what was measured jointly, in units of the metric.
struct AdditiveError {
  std::size_t points = 0;
  double mean = 0.0, largest = 0.0;  ///< of absolute errors
};

/// A layer's drop is the one at its amount, or at the next larger amount that was measured.
AdditiveError additive_error(const Sensitivity& sensitivity, Drop drop);

/// A `dovetail-sensitivity/1` document: network, kind, base, layers: {name: [[amount, metric], ...]}, and where there
/// are any joint: [{amounts: {name: amount, ...}, metric: number}, ...].
Sensitivity read_sensitivity(const Node& document, Diagnostics& diagnostics);

/// The rows of one network and kind of a table with the columns model, granularity, layer, sparsity and top1. `file`
/// names it in messages. Throws InputError.
Sensitivity read_sensitivity_table(const std::string& text, const std::string& file, const std::string& network,
                                   const std::string& kind);

/// A built-in one by network, or a document or table (.csv) by path. Throws InputError.
Sensitivity load_sensitivity(const std::string& name_or_path, const std::string& network);
std::vector<std::string> sensitivity_names();

}  // namespace dovetail
