// What was remarked while files of other tools were read.
#pragma once

#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/import/imported.hpp>

namespace dovetail::verbs {

/// A line each.
inline void tell_remarks(const Asking& asking, const std::vector<Remark>& remarks) {
  for (const Remark& remark : remarks)
    asking.note("{}\n", to_string(Diagnostic{remark.where, to_string(remark), Severity::note}));
}

}  // namespace dovetail::verbs
