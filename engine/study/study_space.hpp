// The hardware space of a study: the family's space with some parameters fixed and some ranges narrowed.
#pragma once

#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// `space` with the study's `fixed` and `space` entries. Points keep their meaning: every point of the result is a
/// point of `space`. Unknown names, values outside a domain and empty ranges are located errors.
///
/// A value is a number or a word; a range is a list of values, or {low, high} with an optional step.
/// `settings` are names that may be fixed elsewhere and not searched: messages name them too.
Space narrow(const Space& space, const Study& study, Diagnostics& diagnostics,
             const std::vector<std::string>& settings = {});

/// `space` with one parameter at the value that a point stores for it (one-number parameters).
Space fix(const Space& space, int parameter, double stored);

}  // namespace dovetail
