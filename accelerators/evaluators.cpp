#include <dovetail/accelerators/evaluators.hpp>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

namespace dovetail {

std::unique_ptr<Evaluator> make_evaluator(std::string_view name) {
  if (name == "loop") return std::make_unique<LoopModel>();
  if (name == "cycle") return std::make_unique<CycleModel>();
  return nullptr;
}

}  // namespace dovetail
