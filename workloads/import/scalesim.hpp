// SCALE-Sim topologies: one convolution or matrix product a row of comma-separated values.
#pragma once

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

/// A row of a topology.
struct ScalesimLayer {
  std::string name;
  bool gemm = false;
  std::int64_t rows = 1, columns = 1, depth = 1;  ///< M, N, K of a product
  std::int64_t height = 1, width = 1, kernel_height = 1, kernel_width = 1, channels = 1, filters = 1, stride = 1;
  std::int64_t batch = 1, repeat = 1;  ///< repeat: one layer per channel, for a DP in the name
  double density = 1.0;                ///< of the weights
  Location where;
};

/// The rows; every mistake is a located error.
std::vector<ScalesimLayer> read_scalesim_layers(const Source& source, std::vector<Remark>& remarks,
                                                Diagnostics& diagnostics);

/// Rows of Format.
bool is_scalesim(const Source& source);

/// Reads a topology as SCALE-Sim means it (scalesim-project/SCALE-Sim 1d62b68): input sizes contain the padding, output
/// sizes are rounded up, a layer with DP in its name is one layer per channel. A comma that is missing at the end of a
/// row loses nothing.
void read_scalesim(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);

}  // namespace dovetail
