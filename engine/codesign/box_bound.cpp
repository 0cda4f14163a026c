// What the machines of a box are worth: bounds from a machine that none of them improves on.
#include <algorithm>
#include <numeric>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/fuse/resident_layer.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
double Codesign::bound(const Box& box) const {
  const std::optional<Architecture> ideal = family_->ideal(box);
  if (!ideal) return 0.0;
  std::vector<std::size_t> all(work_->layers.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<CompulsoryCost> costs(all.size());
  return bound(*ideal, rules(box), all, costs);
}

double Codesign::bound(const Architecture& ideal, const std::vector<MappingRules>& rules,
                       std::span<const std::size_t> which, std::vector<CompulsoryCost>& costs) const {
  if (!terms_.machine_bounds(ideal)) return 0.0;
  if (!terms_.allows_area(area_um2(ideal))) return infinity;
  for (const std::size_t layer : which) {
    const PoolLayer& own = *work_->layers[layer];
    const CostPoint fused = terms_.fused() ? unavoidable_cost(own.layer, ideal, rules[layer], work_->residents[layer],
                                                              terms_.cut(*work_, layer))
                                           : CostPoint{};
    const CompulsoryCost least = terms_.fused() ? CompulsoryCost{fused.energy_pj, fused.cycles}
                                                : (*own.bound)(ideal, rules[layer], terms_.bypass);
    costs[layer].energy_pj = std::max(costs[layer].energy_pj, least.energy_pj);
    costs[layer].cycles = std::max(costs[layer].cycles, least.cycles);
  }
  if (terms_.ruled_out(terms_.sum.sums(*work_, costs))) return infinity;
  return terms_.sum.together(*work_, costs);
}

std::vector<MappingRules> Codesign::rules(const Box& box) const {
  std::vector<MappingRules> rules;
  rules.reserve(work_->layers.size());
  for (const PoolLayer* layer : work_->layers) rules.push_back(family_->rules(layer->layer, box));
  return rules;
}

std::optional<Point> Codesign::ideal_point(const Box& box) const {
  Point corner{box.high};
  for (std::size_t i = 0; i < box.low.size(); ++i)
    if (family_->ruling()[i] != 0) corner.numbers[i] = box.low[i];
  if (!space_.contains(corner)) return std::nullopt;
  std::optional<Architecture> ideal = family_->ideal(box);
  if (!ideal) return std::nullopt;
  const Architecture machine = family_->instantiate(corner);
  ideal->compute.area_per_instance_um2 = machine.compute.area_per_instance_um2;
  for (std::size_t l = 0; l < machine.levels.size(); ++l)
    ideal->levels[l].area_per_instance_um2 = machine.levels[l].area_per_instance_um2;
  if (machine != *ideal || !terms_.allows_area(area_um2(machine))) return std::nullopt;
  const bool free = std::all_of(work_->layers.begin(), work_->layers.end(), [&](const PoolLayer* layer) {
    return family_->rules(layer->layer, corner) == family_->rules(layer->layer, box);
  });
  return free ? std::optional(corner) : std::nullopt;
}

}  // namespace dovetail
