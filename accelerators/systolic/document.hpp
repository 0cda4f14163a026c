// Documents of schema systolic-array/1: one run of SCALE-Sim, and the fields it answers.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <dovetail/accelerators/systolic/systolic.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Whether the document says `schema: systolic-array/1`.
bool is_systolic(const Node& document);

/// Reads `layer` (type gemm: M, N, K; type conv: ifmap_h, ifmap_w, filt_h, filt_w, channels, num_filters,
/// stride), `dataflow` (os, ws, is), `array_rows`, `array_cols`, `ifmap_sram_kb`, `filter_sram_kb`,
/// `ofmap_sram_kb`, `mode` (CALC, USER), `bandwidth_words_per_cycle` (null in CALC), and optionally `version`
/// (2 or 3). Everything wrong is reported at its place; the value is meaningless then.
SystolicInput read_systolic(const Node& document, Diagnostics& diagnostics);

/// The fields of SCALE-Sim's report, named as in the reference cases.
nlohmann::ordered_json systolic_report(const SystolicResult& result, int version);

/// Reads and evaluates; null when the document has errors.
nlohmann::ordered_json evaluate_systolic(const Node& document, Diagnostics& diagnostics);

}  // namespace dovetail
