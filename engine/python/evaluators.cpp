// A user's function in the place of an evaluator (see the header).
#include "evaluators.hpp"

#include <fmt/format.h>

#include <dovetail/engine/external/command_evaluator.hpp>

#include "errors.hpp"

namespace dovetail::python {

std::string function_name(const py::object& function) {
  const auto word = [&](const char* name, const char* otherwise) {
    return py::hasattr(function, name) ? py::str(function.attr(name)).cast<std::string>() : std::string(otherwise);
  };
  return fmt::format("python {}.{}", word("__module__", "?"), word("__qualname__", "?"));
}

CallableEvaluator::CallableEvaluator(py::function function, Watch& watch)
    : function_(std::move(function)),
      name_(function_name(function_)),
      watch_(watch) {}

CallableEvaluator::~CallableEvaluator() {
  const py::gil_scoped_acquire acquire;
  function_ = py::function();
}

Evaluation CallableEvaluator::evaluate(const Layer& layer, const Architecture& architecture,
                                       const Mapping& mapping) const {
  const py::gil_scoped_acquire acquire;
  // An InputError is not of this design: it passes through mappers and loops, and nothing of it is recorded.
  const auto ended = [] { return InputError({"evaluator", 0, 0, ""}, "the function ended the search"); };
  if (watch_.stopped()) throw ended();
  std::string failure;
  try {
    const py::object answer = function_(LayerValue{{layer, 1, true}}, MachineValue{architecture, nullptr, {}},
                                        make_mapping(std::make_shared<const Layer>(layer),
                                                     std::make_shared<const Architecture>(architecture), mapping));
    if (py::isinstance<EvaluationValue>(answer)) return answer.cast<const EvaluationValue&>().evaluation;
    if (!py::isinstance<py::dict>(answer))
      throw py::type_error("an evaluator answers a dict {'cycles', 'energy_pj'} or an Evaluation; found " +
                           py::repr(answer).cast<std::string>());
    return read_answer(dump(to_json(answer, "answer")), layer, architecture);
  } catch (const py::error_already_set& error) {
    const std::optional<std::string> reason = infeasible_reason(error);
    if (!reason) {
      watch_.fail();
      throw ended();
    }
    failure = *reason;
  } catch (const py::builtin_exception&) {
    watch_.fail();
    throw ended();
  }
  throw std::runtime_error(failure);
}

}  // namespace dovetail::python
