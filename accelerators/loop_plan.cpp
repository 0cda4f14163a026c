#include <dovetail/accelerators/loop_plan.hpp>

#include <dovetail/accelerators/loop_model.hpp>

namespace dovetail {

struct LoopPlan::Constants {
  Layer layer;
  Architecture architecture;
};

LoopPlan::LoopPlan(const Layer& layer, const Architecture& architecture)
    : constants_(std::make_unique<Constants>(Constants{layer, architecture})) {}
LoopPlan::~LoopPlan() = default;
LoopPlan::LoopPlan(LoopPlan&&) noexcept = default;
LoopPlan& LoopPlan::operator=(LoopPlan&&) noexcept = default;

Score LoopPlan::score(const PackedMapping& mapping) const {
  const Evaluation full = LoopModel().evaluate(constants_->layer, constants_->architecture, mapping);
  if (!full.valid()) return {};
  return {full.energy_pj, static_cast<double>(full.cycles), true};
}

}  // namespace dovetail
