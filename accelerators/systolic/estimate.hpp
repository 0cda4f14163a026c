// Mode CALC: which requests go to DRAM, and when, if bandwidth is an output.
#pragma once

#include <dovetail/accelerators/systolic/folds.hpp>

namespace dovetail::systolic {

/// Reads of an operand when bandwidth is an output: an address outside the current set is one DRAM read and
/// joins it; when the set holds `half` addresses it is emptied, and the next half is fetched meanwhile.
struct EstimatedReads {
  Words reads = 0;
  Cycle first_request = 0;
  Cycle last_full = -1;  ///< line at which the set was last emptied
  bool filled = false;
};

/// Walks all requests.
EstimatedReads scan_reads(const Folding& f, Role role, const Addresses& a, Words half);

/// The same as scan_reads in closed form for an operand whose matrix elements have distinct addresses. The
/// requests are groups of addresses, each group walked several times in one fixed order: the set is then
/// always a contiguous piece of the walk (plus leftovers of earlier groups), so whole stretches miss or hit.
EstimatedReads distinct_reads(const Folding& f, Role role, Words half);

/// DRAM span of an operand: until the set first fills, 10 words per cycle are fetched just before the first
/// request.
void fill_estimated(OperandTraffic& out, const EstimatedReads& r, std::int64_t kb);

}  // namespace dovetail::systolic
