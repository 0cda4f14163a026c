// map: the best mapping of every layer on one machine, with its proven bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct MapOptions {
  std::string architecture;  ///< machine of the networks: a document or a family; of a design document none
  std::string dataflow = "free", fusion, placement = "even", factors = "perfect";
  std::string objective = "edp", model = "loop", mapper = "exact", bypass = "search";
  double gap = 0.0;
  double time_s = 0.0;  ///< 0: no limit
  std::int64_t budget = 0;
  std::string evaluator;  ///< command of the user's simulator; empty: none
  std::optional<double> evaluator_timeout_s;
  std::optional<int> candidates;
  double memory_mb = 0.0;
  bool front = false, nests = false, count_all = false;
  ImportOptions import;
};

const Record<MapOptions>& map_table();

/// Networks by name or file, several as one in this order, on `options.architecture`. Throws UsageError and InputError.
Answer map_networks(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking);

/// A design document (its mapping, if any, is ignored), the files of a Timeloop design, or a fpga-tile-grid/1,
/// compression-case/1 or fused-chain-case/1 document. Throws UsageError and InputError.
Answer map_files(const std::vector<std::string>& files, const MapOptions& options, const Asking& asking);

/// One such document. Throws UsageError and InputError.
Answer map_document(const Node& document, const MapOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
