// The evaluators of the tree by name.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>

namespace dovetail {

struct EvaluatorRow {
  const char* name;
  const char* about;
  std::unique_ptr<Evaluator> (*make)();
};

/// Every evaluator, one row each.
std::span<const EvaluatorRow> evaluator_table();
std::vector<std::string> evaluator_names();

/// The evaluator of this name; nullptr for a name that has no row.
std::unique_ptr<Evaluator> make_evaluator(std::string_view name);

}  // namespace dovetail
