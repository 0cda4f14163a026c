// Bayesian optimization that ignores what kind of parameters it has: relax to a cube, maximise, round.
#pragma once

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// The baseline "relax and round" of Shi et al., "Learned Hardware/Software Co-Design of Neural Accelerators" (2020):
/// every parameter becomes a coordinate in [0, 1] (see Encoding), a Gaussian process with a Matérn-5/2 kernel learns
/// the logarithm of the objective there, the acquisition is maximised over the whole cube as if all of it were allowed,
/// and the maximiser is rounded to the nearest feasible point: the nearest value of each coordinate where these are
/// allowed together, otherwise the nearest of `draws` feasible points. It sees neither features nor failures: what
/// fails or breaks a spec counts as the worst outcome so far. With several objectives the first counts.
///
/// Options: `warmup` (5 random trials), `samples` (1000 points of the cube per suggestion), `draws` (200), `lambda` (1,
/// of the lower confidence bound).
std::unique_ptr<Designer> make_relax_round_designer(const DesignerContext& context);

}  // namespace dovetail
