// Progressive shrinking around any designer.
#pragma once

#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// HSCoNAS (Luo et al., DATE 2021) shrinks the space in stages, the last layers first: `samples` random points tell the
/// mean merit of each value of `per_stage` parameters, and each keeps its best value; then `inner` searches what is
/// left. A value that only infeasible points had is never kept where another is feasible. One sample judges the values
/// of all parameters of its stage, where the paper draws samples per value. What shrinking removed comes back only when
/// the rest is exhausted.
///
/// Options: inner (evolution), stages (2), samples (100, of each stage), per_stage (4), group (nn where there is such a
/// group: the parameters that are shrunk; `all`); the others are the inner designer's.
std::unique_ptr<Designer> make_shrink_designer(const DesignerContext& context);

}  // namespace dovetail
