// explain: in words, why a mapping costs what it costs.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct ExplainOptions {
  std::string show = "all", model = "loop";
};

const Record<ExplainOptions>& explain_table();

/// One design document with a mapping, or the files of one Timeloop design; or a placement-case/1 document or the
/// result of a study on several machines. `files`: the timeline of the cycle model. Throws UsageError and InputError.
Answer explain(const std::vector<std::string>& files, const ExplainOptions& options, const Asking& asking);

/// One document. Throws InputError.
Answer explain(const Node& document, const ExplainOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
