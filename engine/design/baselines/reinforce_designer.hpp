// Policy gradients over choices: the reinforcement-learning baseline of the papers on networks and hardware together.
#pragma once

#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// A controller chooses the parameters one after the other: an LSTM of `units` cells reads the choice before and a
/// softmax per parameter gives the next (Zoph and Le, "Neural Architecture Search with Reinforcement Learning", ICLR
/// 2017). REINFORCE (Williams 1992): the log probability of a told point is raised by (reward - baseline), the baseline
/// being a moving average; steps by Adam (Kingma and Ba 2015). The reward is the first objective in units of its spread
/// over the feasible trials (with several objectives the mean of them all); a broken limit costs 2 and its violation, a
/// failure 3. Real and long integer ranges are cut into 16 levels, permutations and factorizations are drawn at random.
/// Choices that break a known constraint are repaired, the last parameters first, and the repaired choices are what is
/// learned from.
///
/// Options: units (35), rate (0.01), momentum (0.9, of the baseline), batch (1: trials per step).
std::unique_ptr<Designer> make_reinforce_designer(const DesignerContext& context);

}  // namespace dovetail
