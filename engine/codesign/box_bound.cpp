// What the machines of a box are worth: bounds from a machine that none of them improves on.
#include <algorithm>
#include <limits>
#include <numeric>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

double Codesign::bound(const Box& box) const {
  const std::optional<Architecture> ideal = family_->ideal(box);
  if (!ideal) return 0.0;
  std::vector<std::size_t> all(pool_.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<CompulsoryCost> costs(pool_.size());
  return bound(*ideal, rules(box), all, costs);
}

double Codesign::bound(const Architecture& ideal, const std::vector<MappingRules>& rules,
                       std::span<const std::size_t> which, std::vector<CompulsoryCost>& costs) const {
  if (!loop_model_bounds(ideal)) return 0.0;
  if (!area_allowed(area_um2(ideal))) return infinity;
  for (const std::size_t layer : which) {
    const CompulsoryCost least = (*pool_[layer].bound)(ideal, rules[layer], bypass_);
    costs[layer].energy_pj = std::max(costs[layer].energy_pj, least.energy_pj);
    costs[layer].cycles = std::max(costs[layer].cycles, least.cycles);
  }
  return ruled_out(costs) ? infinity : combined(costs);
}

std::vector<MappingRules> Codesign::rules(const Box& box) const {
  std::vector<MappingRules> rules;
  rules.reserve(pool_.size());
  for (const PoolLayer& layer : pool_) rules.push_back(family_->rules(layer.layer, box));
  return rules;
}

std::pair<std::vector<std::size_t>, std::size_t> Codesign::heaviest(
    const std::vector<CompulsoryCost>& costs) const {
  const CompulsoryCost all = sums(costs);
  std::vector<double> shares(pool_.size(), 0.0);
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    for (const Use& use : uses_[n]) {
      const double times = study_.workloads[n].weight * static_cast<double>(use.count);
      const CompulsoryCost& one = costs[use.pool];
      shares[use.pool] += times * (one.energy_pj / all.energy_pj + one.cycles / all.cycles);
    }
  }
  std::vector<std::size_t> order(pool_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
  std::size_t half = 0;
  for (double sum = 0.0; half < order.size() && sum < 1.0; ++half) sum += shares[order[half]];
  return {order, half};
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
  if (machine != *ideal || !area_allowed(area_um2(machine))) return std::nullopt;
  const bool free = std::all_of(pool_.begin(), pool_.end(), [&](const PoolLayer& layer) {
    return family_->rules(layer.layer, corner) == family_->rules(layer.layer, box);
  });
  return free ? std::optional(corner) : std::nullopt;
}

}  // namespace dovetail
