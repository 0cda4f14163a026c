// A user's function in the place of an evaluator.
#pragma once

#include <memory>
#include <string>

#include <dovetail/accelerators/evaluator.hpp>

#include "values.hpp"
#include "watched.hpp"

namespace dovetail::python {

/// Calls function(layer, architecture, mapping), which answers an Evaluation or a dict as an external simulator does:
/// {"cycles", "energy_pj"}, or {"valid": False, "violations": [...]}. dovetail.Infeasible fails the design with its
/// reason; any other exception ends the search through the watch. Both must outlive it.
class CallableEvaluator final : public Evaluator {
 public:
  CallableEvaluator(py::function function, Watch& watch);
  ~CallableEvaluator() override;
  std::string name() const override { return name_; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override;

 private:
  py::function function_;
  std::string name_;
  Watch& watch_;
};

/// "python MODULE.NAME": what the identity of a study knows of a function.
std::string function_name(const py::object& function);

}  // namespace dovetail::python
