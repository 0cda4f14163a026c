// Every feasible point of a finite space, in lexicographic order.
#pragma once

#include <dovetail/engine/designer.hpp>

namespace dovetail {

/// No options. Throws std::invalid_argument when the space has a real parameter.
std::unique_ptr<Designer> make_exhaustive_designer(const DesignerContext& context);

}  // namespace dovetail
