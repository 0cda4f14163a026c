// SCALE-Sim's systolic array, reproduced exactly: cycles, SRAM and DRAM counts of one layer on one R x C
// array.
#pragma once

#include <array>
#include <cstdint>

namespace dovetail {

/// Which operand stays in the array.
enum class SystolicDataflow { output_stationary, weight_stationary, input_stationary };

/// One run of SCALE-Sim (batch 1, no padding, one-byte words). A product is given by M, N, K; a convolution
/// by its shape, from which output_size() gives M = OH x OW, N = filters, K = filter height x width x
/// channels.
struct SystolicInput {
  struct Product {
    std::int64_t rows = 1, columns = 1, depth = 1;  ///< M, N, K
  };
  struct Convolution {
    std::int64_t height = 1, width = 1, filter_height = 1, filter_width = 1, channels = 1, filters = 1, stride = 1;
  };
  bool is_convolution = false;
  Product product;
  Convolution convolution;
  SystolicDataflow dataflow = SystolicDataflow::output_stationary;
  std::int64_t array_rows = 1, array_columns = 1;
  std::int64_t ifmap_sram_kb = 1, filter_sram_kb = 1, ofmap_sram_kb = 1;
  /// Words per cycle given to each operand (mode USER); 0: no stalls, the bandwidth is an output (mode CALC).
  std::int64_t bandwidth_words_per_cycle = 0;
  int version = 3;  ///< of SCALE-Sim, 2 or 3: they differ in USER stalls and in the output's DRAM span
};

/// The layer as a matrix product M x N x K.
SystolicInput::Product as_product(const SystolicInput& input);

/// Numbers of one operand: input feature map, filter, output feature map.
struct OperandTraffic {
  std::int64_t sram_words = 0, dram_words = 0;
  std::int64_t dram_first_cycle = 0, dram_last_cycle = 0;  ///< negative: before cycle 0
  double sram_words_per_cycle = 0.0, dram_words_per_cycle = 0.0;
};

/// What SCALE-Sim reports. total_cycles is the index of the last line (quirk: one less than the number of
/// lines).
struct SystolicResult {
  std::int64_t total_cycles_incl_prefetch = 0, total_cycles = 0, stall_cycles = 0;
  double overall_util_pct = 0.0, mapping_eff_pct = 0.0, compute_util_pct = 0.0;
  OperandTraffic ifmap, filter, ofmap;
};

/// Size of an evaluation, for refusing what would not end in reasonable time: simulated requests and lines,
/// and distinct addresses that must be remembered.
double systolic_requests(const SystolicInput& input);
double systolic_addresses(const SystolicInput& input);
inline constexpr double systolic_request_limit = 1e10;
inline constexpr double systolic_address_limit = 2.5e8;

/// SCALE-Sim's answer. Source of every rule: the tool's published behaviour (v2 and v3), quirks included; see
/// systolic.cpp. Throws std::invalid_argument for sizes below 1 or above the limits.
SystolicResult evaluate_systolic(const SystolicInput& input);

}  // namespace dovetail
