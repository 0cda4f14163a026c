// The constants of the Gemmini preset: effective times of a system on chip, fitted to RTL simulations.
#pragma once

#include <string_view>
#include <vector>

namespace dovetail {

/// Effective constants in cycles unless said otherwise. They trade against each other: none is a measurement of one
/// part. Defaults are uninformed guesses; the preset's YAML has the fitted values and the rows they come from.
struct GemminiConstants {
  double beat = 1.4;                       ///< cycles per 16-byte beat of a read
  double packet = 0.3;                     ///< per read request
  double move_in = 0.5;                    ///< per mvin command
  double pad_block = 0.1;                  ///< per padding row and DIM block
  double zero_row = 1.0;                   ///< per accumulator row zeroed
  double store_packet = 1.5;               ///< per write request
  double load_latency = 40.0;              ///< from the last load to the first multiplication
  double execute_latency = 20.0;           ///< after the array's own skew
  double store_latency = 40.0;             ///< until a tile's slot is free
  double host_conv = 400.0;                ///< to issue a convolution tile
  double host_matmul = 300.0;              ///< to issue a matrix tile
  double slot = 20.0;                      ///< from a freed slot to the next tile's start
  double window = 10.0;                    ///< latency of a multiplication beyond 3 DIM, with 8 in flight
  double read_llc = 5.0, read_dram = 8.0;  ///< per 64-byte line that L2 does not hold
  double write_llc = 8.0, write_dram = 24.0;
  double read_row = 30.0,
         write_row = 30.0;   ///< per line missing in L2, times rows' distance / 8 KB DRAM page (at most 1)
  double read_same = 4.0;    ///< per further packet of a line just requested
  double write_same = 20.0;  ///< per write to the line just written
  double cold_dram = 0.5;    ///< share of a cold layer's first touches that DRAM serves, whatever caches could hold
  double overlap = 0.5;      ///< share of line costs hidden behind beats, 0 adds, 1 takes the larger
  double l2_lines = 8192.0, llc_lines = 65536.0;  ///< capacities in 64-byte lines
  double offset = 8.0;    ///< bytes from a line's start to that of a convolution's tensors; not fitted
  double conflict = 1.0;  ///< how much strided lines crowd into few sets: 0 not at all, 1 fully
};

/// Name, member, least and largest sensible value of each constant: what calibration moves.
struct GemminiConstant {
  std::string_view name;
  double GemminiConstants::*member;
  double least, largest;
  bool fitted = true;  ///< calibration moves it; else the machine's geometry says it
};
const std::vector<GemminiConstant>& gemmini_constants();

}  // namespace dovetail
