// Bounds of a candidate (see the header).
#include <dovetail/engine/codesign/candidate/machine_bound.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/engine/bound/forced_tiles.hpp>
#include <dovetail/engine/fuse/resident_layer.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {

std::vector<CompulsoryCost> MachineBound::costs(const Candidate& candidate, const std::vector<char>& weighty) const {
  std::vector<CompulsoryCost> costs;
  if (terms_->fused()) {
    for (std::size_t i = 0; i < candidate.rules.size(); ++i) {
      const CostPoint least = unavoidable_cost(candidate.work->layers[i]->layer, candidate.machine, candidate.rules[i],
                                               candidate.work->residents[i], terms_->cut(*candidate.work, i));
      costs.push_back({least.energy_pj, least.cycles});
    }
    return costs;
  }
  for (std::size_t i = 0; i < candidate.rules.size(); ++i) {
    const LayerBound& bound = *candidate.work->layers[i]->bound;
    costs.push_back(weighty.empty() || weighty[i] != 0 ? bound(candidate.machine, candidate.rules[i], terms_->bypass)
                                                       : bound.quick(candidate.machine, candidate.rules[i]));
  }
  return costs;
}

// The bound of every layer on the machine whose outermost memory costs nothing, and the words that cross it anyway.
std::vector<CompulsoryCost> MachineBound::likely_costs(const Candidate& candidate,
                                                       const std::vector<char>& weighty) const {
  if (!terms_->fused()) return costs(candidate, weighty);
  const Architecture inside = with_free_outermost(candidate.machine);
  std::vector<CompulsoryCost> likely = costs(candidate);
  for (std::size_t i = 0; i < likely.size(); ++i) {
    const PoolLayer& layer = *candidate.work->layers[i];
    const unsigned residents = candidate.work->residents[i], all = (1U << layer.layer.tensors.size()) - 1U;
    const CostPoint within =
        unavoidable_cost(layer.layer, candidate.machine, candidate.rules[i], all, terms_->cut(*candidate.work, i));
    const CompulsoryCost here = residents == 0 ? (*layer.bound)(candidate.machine, candidate.rules[i], terms_->bypass)
                                : weighty.empty() || weighty[i] != 0
                                    ? (*layer.bound)(inside, candidate.rules[i], terms_->bypass)
                                    : layer.bound->quick(inside, candidate.rules[i]);
    likely[i].energy_pj = residents == 0 ? here.energy_pj : likely[i].energy_pj - within.energy_pj + here.energy_pj;
    likely[i].cycles = std::max(likely[i].cycles, here.cycles);
  }
  return likely;
}

double MachineBound::operator()(const Candidate& candidate) const {
  if (!terms_->machine_bounds(candidate.machine)) return 0.0;
  return terms_->sum.together(*candidate.work, costs(candidate));
}

double MachineBound::within(const Candidate& candidate) const {
  if (!terms_->allows_area(area_um2(candidate.machine))) return infinity;
  if (!terms_->machine_bounds(candidate.machine)) return 0.0;
  const std::vector<CompulsoryCost> least = costs(candidate);
  if (terms_->ruled_out(terms_->sum.sums(*candidate.work, least))) return infinity;
  return terms_->sum.together(*candidate.work, least);
}

std::vector<char> MachineBound::weighty_layers(const Candidate& candidate) const {
  constexpr double share = 0.03;
  return terms_->sum.weighty(*candidate.work, costs(candidate, std::vector<char>(candidate.rules.size(), 0)), share);
}

std::vector<double> MachineBound::guesses(const Candidate& candidate, const std::vector<char>& weighty) const {
  const bool bounded = terms_->machine_bounds(candidate.machine);
  std::vector<CompulsoryCost> least;
  CompulsoryCost all{0.0, 0.0};
  if (bounded) least = likely_costs(candidate, weighty), all = terms_->sum.sums(*candidate.work, least);
  const DesignFigures bounds = terms_->figures(all.energy_pj, all.cycles, area_um2(candidate.machine));
  std::vector<double> result;
  for (const Objective& objective : terms_->goal.objectives) {
    const Metric* metric = find_metric(objective.metric);
    const double guess = !bounded && !(metric != nullptr && metric->before_mapping)
                             ? std::numeric_limits<double>::quiet_NaN()
                         : metric != nullptr ? metric->value(bounds)
                                             : terms_->sum.together(*candidate.work, least);
    result.push_back(std::log(guess));
  }
  return result;
}

bool MachineBound::admits(const Candidate& candidate, bool mappable) const {
  if (!terms_->allows_area(area_um2(candidate.machine))) return false;
  if (!mappable || terms_->fusion == Fusion::bands) return true;  // of a band tiles are smaller
  for (std::size_t i = 0; i < candidate.rules.size(); ++i)
    if (!demanded_tiles_fit(candidate.work->layers[i]->layer, candidate.machine, candidate.rules[i], terms_->bypass))
      return false;
  return true;
}

}  // namespace dovetail
