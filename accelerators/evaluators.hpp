// The evaluators of the tree by name.
#pragma once

#include <memory>
#include <string_view>

#include <dovetail/accelerators/evaluator.hpp>

namespace dovetail {

/// "loop" or "cycle"; nullptr for any other name.
std::unique_ptr<Evaluator> make_evaluator(std::string_view name);

}  // namespace dovetail
