// optimize: the co-design of an accelerator and the mappings of its networks.
#pragma once

#include <cstdint>
#include <string>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/engine/verbs/search/remote.hpp>
#include <dovetail/engine/verbs/search/study_of.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct OptimizeOptions {
  std::string preset;  ///< a published system, which the document changes
  bool resume = false;
  std::int64_t joint = 0;  ///< evaluations of mappings of a search over both together; 0: nested
  RemoteOptions remote;
};

const Record<OptimizeOptions>& optimize_table();

/// Searches the study, or says what it would do in a dry run. A study that searches networks is `explore`d. The record
/// has best, baseline, improvement, lower_bound, gap, trials, feasible, infeasible, seconds. Throws UsageError,
/// InputError, StorageError.
Answer optimize(const StudyWords& words, const OptimizeOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
