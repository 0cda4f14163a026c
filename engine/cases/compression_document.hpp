// Documents of schema compression-case/1: prune the kernels of a network until it is fast enough, at the least
// predicted loss.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/compress/knapsack.hpp>
#include <dovetail/engine/compress/sensitivity.hpp>
#include <dovetail/engine/tiles/tile_grid.hpp>

namespace dovetail {

/// A network with tilings to choose from and a limit.
struct CompressionCase {
  std::string network;
  TileBoard board;
  TileEdition edition = TileEdition::geometric;
  Drop drop = Drop::envelope;
  std::vector<TileDesign> hardware;
  double cycles_at_most = 0.0;
  std::vector<TileNetworkLayer> layers;  ///< the convolutions, one by one
  Sensitivity sensitivity;
};

/// Pruned layers on one of the tilings. Accuracy is predicted: base minus the sum of the layers' own drops.
struct CompressionResult {
  double uncompressed_cycles = 0.0;  ///< on the tiling where they are least
  double least_cycles = 0.0;         ///< that any choice on any tiling reaches
  bool feasible = false;
  double metric = 0.0, cycles = 0.0;
  TileDesign hardware;
  std::vector<double> amounts;  ///< one per layer
  std::vector<int> kept;        ///< weights that a kernel keeps
};

/// Every tiling has its own multiple-choice knapsack; all are solved exactly.
CompressionResult compress(const CompressionCase& compression_case);

/// ceil(kernel^2 (1 - sparsity)): weights that a kernel keeps.
int kept_weights(std::int64_t kernel, double sparsity);

bool is_compression(const Node& document);

/// `network`, `edition`, `drop` (envelope, as measured), `hardware` (designs, or how many with `hardware_rule`: the
/// least by uncompressed cycles of the BRAM-enforced grid), `cycles_at_most`, and optionally `board`, `layers` (with
/// names), `sensitivity` (a file; none: the built-in one of the network). Answers in the document are not read.
CompressionCase read_compression(const Node& document, Diagnostics& diagnostics);

nlohmann::ordered_json to_json(const CompressionCase& compression_case, const CompressionResult& result);
std::string to_text(const CompressionCase& compression_case, const CompressionResult& result);

}  // namespace dovetail
