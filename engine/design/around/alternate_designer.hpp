// Freezing groups of parameters by turns, around any designer.
#pragma once

#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// In each turn the parameters of some groups are searched by `inner`, the others stay at the best trial told so far.
/// `turns` lists groups (joined by +, or `all`) and how many suggestions each gets, and starts again at its end:
///     all 1, hw 10         one joint step, ten of the hardware (NASAIC, Yang et al., DAC 2020); the default
///     nn 50, hw 1000000    network first;  hw 50, nn 1000000    hardware first
/// `goal` may be `free` for a turn (nn 50 free): limits do not count there, so that a network is first chosen for its
/// accuracy alone. A turn that has no new point ends early; when a whole round of turns has none, any new point is
/// suggested.
///
/// Options: inner (bayes), turns; the others are the inner designer's.
std::unique_ptr<Designer> make_alternate_designer(const DesignerContext& context);

}  // namespace dovetail
