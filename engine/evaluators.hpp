// The evaluators by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>

namespace dovetail {

/// The evaluator with this name (loop, cycle); throws std::invalid_argument naming the allowed.
std::unique_ptr<Evaluator> make_evaluator(const std::string& name);
std::vector<std::string> evaluator_names();

}  // namespace dovetail
