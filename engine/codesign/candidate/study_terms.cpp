// What a study asks of every candidate (see the header).
#include <dovetail/engine/codesign/candidate/study_terms.hpp>

#include <algorithm>
#include <limits>

#include <dovetail/engine/map/network/second_opinion.hpp>

namespace dovetail {

bool StudyTerms::proofs_of_networks() const {
  return proofs_can_wait() && sum.objective().energy_power > 0.0 && sum.objective().cycles_power > 0.0;
}

bool StudyTerms::loop_model_bounds(const Architecture& machine) const {
  return evaluator == nullptr || (!external && dovetail::loop_model_bounds(machine));
}

DesignFigures StudyTerms::figures(double energy_pj, double cycles, double area_um2) const {
  return {energy_pj, cycles, area_um2, clock_hz};
}

bool StudyTerms::limits_mappings() const {
  return std::any_of(goal.specs.begin(), goal.specs.end(),
                     [](const Spec& spec) { return !find_metric(spec.metric)->before_mapping; });
}

bool StudyTerms::allows_area(double area_um2) const {
  const DesignFigures machine = figures(0.0, 0.0, area_um2);
  return std::all_of(goal.specs.begin(), goal.specs.end(), [&](const Spec& spec) {
    const Metric* metric = find_metric(spec.metric);
    return !metric->before_mapping || excess(spec, metric->value(machine)) <= 0.0;
  });
}

bool StudyTerms::ruled_out(const CompulsoryCost& least) const {
  constexpr double rounding = 1e-9;
  const DesignFigures bounds = figures(least.energy_pj, least.cycles, 0.0);
  return std::any_of(goal.specs.begin(), goal.specs.end(), [&](const Spec& spec) {
    const Metric& metric = *find_metric(spec.metric);
    return !metric.before_mapping && metric.rises() && spec.max && metric.value(bounds) * (1.0 - rounding) > *spec.max;
  });
}

std::vector<std::string> StudyTerms::broken(const DesignFigures& figures) const {
  std::vector<std::string> broken;
  for (const Spec& spec : goal.specs)
    if (excess(spec, find_metric(spec.metric)->value(figures)) > 0.0) broken.push_back(spec.metric);
  return broken;
}

NetworkGoal StudyTerms::network_goal(double area_um2) const {
  NetworkGoal wanted{sum.objective(), sum.worst(), {}};
  for (const Spec& spec : goal.specs) {
    const Metric& metric = *find_metric(spec.metric);
    if (metric.before_mapping) continue;
    if (spec.min || !metric.rises()) wanted.limits.falling = false;
    if (!spec.max) continue;
    // What the metric is per pJ^energy_power cycles^cycles_power.
    const double most = *spec.max / metric.value(figures(1.0, 1.0, area_um2));
    double& limit = metric.cycles_power < 0.0    ? wanted.limits.energy_per_cycle
                    : metric.cycles_power == 0.0 ? wanted.limits.energy_pj
                    : metric.energy_power == 0.0 ? wanted.limits.cycles
                                                 : wanted.limits.energy_times_cycles;
    limit = std::min(limit, most);
  }
  wanted.limits.violation = [this, area_um2](const CostPoint& sums) {
    return spec_violation(goal.specs, figures(sums.energy_pj, sums.cycles, area_um2));
  };
  return wanted;
}

}  // namespace dovetail
