// Bounds of a candidate (see the header).
#include <dovetail/engine/codesign/candidate/machine_bound.hpp>

#include <cmath>
#include <limits>

#include <dovetail/engine/bound/forced_tiles.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
std::vector<CompulsoryCost> MachineBound::costs(const Candidate& candidate,
                                                const std::vector<char>& weighty) const {
  std::vector<CompulsoryCost> costs;
  for (std::size_t i = 0; i < candidate.rules.size(); ++i) {
    const LayerBound& bound = *candidate.work->layers[i]->bound;
    costs.push_back(weighty.empty() || weighty[i] != 0
                        ? bound(candidate.machine, candidate.rules[i], terms_->bypass)
                        : bound.quick(candidate.machine, candidate.rules[i]));
  }
  return costs;
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
  return terms_->sum.weighty(*candidate.work, costs(candidate, std::vector<char>(candidate.rules.size(), 0)),
                             share);
}

std::vector<double> MachineBound::guesses(const Candidate& candidate, const std::vector<char>& weighty) const {
  const bool bounded = terms_->machine_bounds(candidate.machine);
  std::vector<CompulsoryCost> least;
  CompulsoryCost all{0.0, 0.0};
  if (bounded) least = costs(candidate, weighty), all = terms_->sum.sums(*candidate.work, least);
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
  if (!mappable) return true;
  for (std::size_t i = 0; i < candidate.rules.size(); ++i)
    if (!demanded_tiles_fit(candidate.work->layers[i]->layer, candidate.machine, candidate.rules[i],
                            terms_->bypass))
      return false;
  return true;
}

}  // namespace dovetail
