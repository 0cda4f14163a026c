// Fits the constants of the gemmini preset to measured rows, and says how well it predicts layers it has not seen.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/accelerators/gemmini/gemmini.hpp>

namespace dovetail {

/// A measured run.
struct MeasuredRow {
  GemminiJob job;
  double cycles = 0.0;
  std::string layer;  ///< rows of one layer are held out together
};

/// Measured rows of a CSV file and what was left out, by reason.
struct MeasuredRows {
  std::vector<MeasuredRow> rows;
  std::map<std::string, int> left_out;
};

/// What a column of the table says was run.
enum class MeasuredTiling {
  mapping,   ///< the tiles of mapping.mapping
  automatic  ///< Gemmini's own: dse.auto_tiling, factors R_S_P_Q_C_K_N
};

struct MeasuredOptions {
  std::string target = "target.cycle";  ///< column with the measured cycles
  MeasuredTiling tiling = MeasuredTiling::mapping;
  int dim = 0;              ///< of the array; 0: smallest power of two >= the mapping's spatial factors, at least 4
  bool odd_kernels = true;  ///< leave out even kernels
  bool old_matmul = false;  ///< leave out matrix products of arrays other than 16 (an older program ran them)
};

/// Reads the table published with DOSA: columns mapping.mapping ("L3[WIO] P28 K8 - L2[WI] N1 K4X - L1[O] C2 C4X - L0[W]
/// P8"), prob.C, K, N, P, Q, R, S, Wstride, and the target. Layers with P != Q were run square, with one output size P.
/// Throws InputError with every bad line.
MeasuredRows read_measured_rows(std::string_view csv, const std::string& file, const MeasuredOptions& options);

/// Errors of a prediction.
struct FitError {
  double mean_percent = 0.0, median_percent = 0.0, spearman = 0.0;
  std::size_t rows = 0;
};
FitError fit_error(const std::vector<MeasuredRow>& rows, const GemminiConstants& constants);

/// Deterministic coordinate search from `start` for the least mean of min(|predicted / measured - 1|, 0.8): what the
/// model cannot explain must not bend it. `rounds` passes over all constants with adaptive steps.
GemminiConstants fit_constants(const std::vector<MeasuredRow>& rows, const GemminiConstants& start, int rounds = 26,
                               int threads = 1);

/// The honest error: layers of `checked` in `folds` groups, each predicted by constants fitted on the rows of `fitted`
/// that belong to no layer of the group.
FitError leave_layer_out(const std::vector<MeasuredRow>& checked, const std::vector<MeasuredRow>& fitted,
                         const GemminiConstants& start, int folds = 5, int rounds = 26, int threads = 1);

}  // namespace dovetail
