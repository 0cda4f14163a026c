// evaluate: what a design costs, or which constraints it breaks.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct EvaluateOptions {
  std::string model = "loop";
  bool imperfect_factors = false;  ///< factors may multiply to more than an extent (loop model)
};

const Record<EvaluateOptions>& evaluate_table();

/// Design documents, timeloop-reference-case/1, systolic-array/1, fpga-tile-case/1 documents, each answered for itself;
/// or the files of one Timeloop design, or a SCALE-Sim topology with its configuration. One record for one file, a list
/// for several. A file that cannot be read answers {"error": …} in its place and ends with End::input; the only one
/// throws InputError. `files`: the timeline of each design under the cycle model. Throws UsageError.
Answer evaluate(const std::vector<std::string>& files, const EvaluateOptions& options, const Asking& asking);

/// One document. Throws InputError.
Answer evaluate(const Node& document, const EvaluateOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
