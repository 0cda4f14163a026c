// worker: evaluates trials that a study in PostgreSQL has posted, until there are none.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct WorkerOptions {
  std::string store, study;             ///< database, and one study of it; empty: all
  std::vector<std::string> evaluators;  ///< commands that it may run
  double idle_s = 60.0, lease_s = 30.0;
};

const Record<WorkerOptions>& worker_table();

/// Works until nothing has come for `idle_s`, or `asking.stop`. Throws UsageError, StorageError.
Answer worker(const WorkerOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
