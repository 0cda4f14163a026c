// The constants of the Gemmini preset: effective times of a system on chip, fitted to RTL simulations.
#pragma once

#include <string_view>
#include <vector>

namespace dovetail {

/// Effective constants in cycles unless said otherwise. They trade against each other: none is a measurement of one
/// part. Defaults are uninformed guesses; the preset's YAML has the fitted values and the rows they come from.
struct GemminiConstants {
  double beat = 1.5;                                  ///< cycles per 16-byte beat of a read
  double move_in = 0.1;                               ///< per mvin command
  double pad_block = 0.1;                             ///< per padding row and DIM block
  double zero_row = 1.0;                              ///< per accumulator row zeroed
  double store_floor = 1.5;                           ///< least cycles per written pixel and chunk
  double load_latency = 40.0;                         ///< from the last load to the first multiplication
  double execute_latency = 20.0;                      ///< after the array's own skew
  double store_latency = 40.0;                        ///< until a tile's slot is free
  double host_conv = 400.0;                           ///< to issue a convolution tile
  double host_matmul = 300.0;                         ///< to issue a matrix tile
  double slot = 20.0;                                 ///< from a freed slot to the next tile's start
  double window = 24.0;                               ///< extra of a multiplication with 8 in flight
  double line_llc_read = 6.0, line_dram_read = 14.0;  ///< per 64-byte line
  double line_llc_write = 6.0, line_dram_write = 28.0;
};

/// Name, member, least and largest sensible value of each constant: what calibration moves.
struct GemminiConstant {
  std::string_view name;
  double GemminiConstants::*member;
  double least, largest;
};
const std::vector<GemminiConstant>& gemmini_constants();

}  // namespace dovetail
