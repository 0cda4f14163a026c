// The baseline of every comparison: uniform draws from the feasible set, without repetition.
#pragma once

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// No options.
std::unique_ptr<Designer> make_random_designer(const DesignerContext& context);

}  // namespace dovetail
