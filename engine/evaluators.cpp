// The evaluators by name.
#include <dovetail/engine/evaluators.hpp>

#include <stdexcept>

#include <dovetail/accelerators/loop_model.hpp>

namespace dovetail {

std::unique_ptr<Evaluator> make_evaluator(const std::string& name) {
  if (name == "loop") return std::make_unique<LoopModel>();
  throw std::invalid_argument("no model '" + name + "'; known are loop and cycle");
}

std::vector<std::string> evaluator_names() { return {"loop", "cycle"}; }

}  // namespace dovetail
