// The layers of a network in the order they run, with where each reads its activations and what is added to its result.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// A dimension whose parts can be computed one after another: rows of results from rows of inputs.
struct RowAxis {
  int dimension = 0;         ///< of the layer
  std::int64_t rows = 1;     ///< its extent
  std::int64_t stride = 1;   ///< rows of the input by which one more row of results moves on
  std::int64_t window = 1;   ///< rows of the input that one row of results needs
  std::int64_t padding = 0;  ///< rows before the first that are not stored
  /// Rows of the input that `results` rows need.
  std::int64_t need(std::int64_t results) const { return stride * (results - 1) + window; }
};

/// A layer as it runs.
struct RunningLayer {
  std::size_t vertex = 0;  ///< in the network's graph
  Layer layer;
  std::int64_t repeat = 1;
  int inputs = -1, weights = -1, outputs = 0;  ///< places of its tensors; -1: it has none of this name
  /// The earlier layer whose result it reads as Inputs, and as Weights (products of two activations), if that is its
  /// result as it was written: neither pooled nor joined with others nor of other sizes.
  std::optional<int> reads, reads_weights;
  std::vector<RowAxis> axes;      ///< what bands may cut
  std::int64_t output_words = 0;  ///< without padding
  bool activations_only = false;  ///< no operand is learned
};

/// The result of layer `from` is added to that of layer `into`, the later one, when that runs.
struct RunningAdd {
  int from = 0, into = 0;
  std::int64_t words = 0;
};

struct RunningNetwork {
  std::vector<RunningLayer> layers;
  std::vector<RunningAdd> adds;
  /// Per layer: the last one that reads its result or that it is added to; its own number where nobody does.
  std::vector<int> last_reader;
  /// Per layer: whether all readers take the result as it was written, so that it may live on chip.
  std::vector<char> may_live;
  /// Per layer: whether the next layer is the only one that reads the result.
  std::vector<char> for_next_only;
};

/// The layers in topological order. A layer after several ones reads their sum where their channels are its own (the
/// sum is kept under the name of the last one that runs), and all of them where their channels add up. A layer after
/// two of which no operand is learned reads the first as Inputs and the second as Weights.
RunningNetwork running_network(const Network& network);

/// The tensors of a layer, by bit, that some schedule might keep on chip: its result where somebody reads it, and the
/// results that it reads.
unsigned residents(const RunningNetwork& network, int layer);

/// The dimensions of a layer, by bit, that bands may cut.
unsigned cut_dimensions(const RunningLayer& layer);

/// The layer with `rows` rows along an axis, for a band of it.
Layer with_rows(const Layer& layer, const RowAxis& axis, std::int64_t rows);

/// The axis of `reader` that rows of `axis` of the layer before feed, if bands can pass from one to the other: every
/// row of the result is a row of the input, and no row is skipped.
std::optional<RowAxis> axis_fed_by(const RunningLayer& before, const RowAxis& axis, const RunningLayer& reader);

}  // namespace dovetail
