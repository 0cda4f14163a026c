// Documents of schema latency-table-case/1: measured latencies of networks by the operator of each block.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/surrogates/choice_table.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Rows to fit, and rows to predict.
struct LatencyTableCase {
  std::string device, unit = "ms";
  std::size_t blocks = 0, operators = 0;
  std::vector<ChoiceRow> train, test;
};

/// `layers` (blocks), `operators`, `train` and `test`: [digits or numbers of the operators, latency]; in `test` the
/// latency may be left out. `device`, `unit`; answers are not read.
LatencyTableCase read_latency_table(const Node& document, Diagnostics& diagnostics);

/// The errors of a table with bias (least squares) and of a Gaussian process over what it leaves, on the rows of `test`
/// that were measured; predictions of both for all of them.
nlohmann::ordered_json answer_latency_table(const LatencyTableCase& table_case);

/// The answer for people.
std::string latency_table_text(const nlohmann::ordered_json& answer);

}  // namespace dovetail
