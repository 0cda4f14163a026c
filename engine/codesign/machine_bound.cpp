// What is known of a machine before any layer is mapped on it: bounds, guesses, and whether it is worth a look.
#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/engine/bound/forced_tiles.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>

namespace dovetail {
double Codesign::combined(const std::vector<double>& layers) const {
  const double power = objective_.energy_power + objective_.cycles_power;
  double total = 0.0;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    double root_sum = 0.0;
    for (const Use& use : uses_[n])
      root_sum += static_cast<double>(use.count) * std::pow(layers[use.pool], 1.0 / power);
    const double bound = study_.workloads[n].weight * std::pow(root_sum, power);
    total = study_.combine == Combine::worst ? std::max(total, bound) : total + bound;
  }
  return total;
}

double Codesign::cutoff_scale(const std::vector<double>& bounds, const std::vector<char>& open,
                              double incumbent) const {
  double low = 1.0, high = 1e12;
  for (int step = 0; step < 64; ++step) {
    const double scale = std::sqrt(low * high);
    std::vector<double> raised = bounds;
    for (std::size_t i = 0; i < raised.size(); ++i) {
      if (open[i] != 0) raised[i] *= scale;
    }
    (combined(raised) < incumbent ? low : high) = scale;
  }
  return high * (1.0 + 1e-9);
}

bool Codesign::loop_model_bounds(const Architecture& architecture) const {
  return evaluator_ == nullptr || (!foreign_ && dovetail::loop_model_bounds(architecture));
}

std::vector<CompulsoryCost> Codesign::compulsory(const Point& point, const Architecture& architecture,
                                                 const std::vector<char>& weighty) const {
  std::vector<CompulsoryCost> costs;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    const MappingRules rules = family_->rules(pool_[i].layer, point);
    const LayerBound& bound = *pool_[i].bound;
    costs.push_back(weighty.empty() || weighty[i] != 0 ? bound(architecture, rules, bypass_)
                                                       : bound.quick(architecture, rules));
  }
  return costs;
}

std::vector<char> Codesign::weighty_layers() const {
  constexpr double share = 0.03;
  const Point& hand = family_->default_point();
  const std::vector<CompulsoryCost> costs =
      compulsory(hand, family_->instantiate(hand), std::vector<char>(pool_.size(), 0));
  const CompulsoryCost all = sums(costs);
  std::vector<char> weighty(pool_.size(), 0);
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    for (const Use& use : uses_[n]) {
      const double times = study_.workloads[n].weight * static_cast<double>(use.count);
      if (times * costs[use.pool].energy_pj >= share * all.energy_pj ||
          times * costs[use.pool].cycles >= share * all.cycles)
        weighty[use.pool] = 1;
    }
  }
  return weighty;
}

CompulsoryCost Codesign::sums(const std::vector<CompulsoryCost>& costs) const {
  CompulsoryCost all{0.0, 0.0};
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    for (const Use& use : uses_[n]) {
      const double times = study_.workloads[n].weight * static_cast<double>(use.count);
      all.energy_pj += times * costs[use.pool].energy_pj;
      all.cycles += times * costs[use.pool].cycles;
    }
  }
  return all;
}

std::vector<double> Codesign::guesses(const Point& point, const std::vector<char>& weighty) const {
  const Architecture architecture = family_->instantiate(point);
  const bool bounded = loop_model_bounds(architecture);
  std::vector<CompulsoryCost> costs;
  CompulsoryCost all{0.0, 0.0};
  if (bounded) costs = compulsory(point, architecture, weighty), all = sums(costs);
  const DesignFigures bounds = figures(all.energy_pj, all.cycles, area_um2(architecture));
  std::vector<double> result;
  for (const Objective& objective : goal_.objectives) {
    const Metric* metric = find_metric(objective.metric);
    const double guess = !bounded && !(metric != nullptr && metric->before_mapping)
                             ? std::numeric_limits<double>::quiet_NaN()
                         : metric != nullptr ? metric->value(bounds)
                                             : combined(costs);
    result.push_back(std::log(guess));
  }
  return result;
}

double Codesign::combined(const std::vector<CompulsoryCost>& costs) const {
  double total = 0.0;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    double energy_pj = 0.0, cycles = 0.0;
    for (const Use& use : uses_[n]) {
      energy_pj += static_cast<double>(use.count) * costs[use.pool].energy_pj;
      cycles += static_cast<double>(use.count) * costs[use.pool].cycles;
    }
    const double objective = study_.workloads[n].weight * objective_(energy_pj, cycles);
    total = study_.combine == Combine::worst ? std::max(total, objective) : total + objective;
  }
  return total;
}

double Codesign::bound(const Point& point) const {
  const Architecture architecture = family_->instantiate(point);
  return loop_model_bounds(architecture) ? combined(compulsory(point, architecture)) : 0.0;
}

double Codesign::bound_within(const Point& point) const {
  const Architecture architecture = family_->instantiate(point);
  if (!area_allowed(area_um2(architecture))) return std::numeric_limits<double>::infinity();
  if (!loop_model_bounds(architecture)) return 0.0;
  const std::vector<CompulsoryCost> costs = compulsory(point, architecture);
  return ruled_out(costs) ? std::numeric_limits<double>::infinity() : combined(costs);
}

bool Codesign::area_allowed(double area_um2) const {
  const DesignFigures machine = figures(0.0, 0.0, area_um2);
  return std::all_of(goal_.specs.begin(), goal_.specs.end(), [&](const Spec& spec) {
    const Metric* metric = find_metric(spec.metric);
    return !metric->before_mapping || excess(spec, metric->value(machine)) <= 0.0;
  });
}

bool Codesign::admits(const Point& point, bool mappable) const {
  const Architecture machine = family_->instantiate(point);
  if (!area_allowed(area_um2(machine))) return false;
  return !mappable || std::all_of(pool_.begin(), pool_.end(), [&](const PoolLayer& layer) {
    return demanded_tiles_fit(layer.layer, machine, family_->rules(layer.layer, point), bypass_);
  });
}

}  // namespace dovetail
