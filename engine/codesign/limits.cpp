// Limits on what a design costs: which rule a machine out, and the best of its mappings that keep them.
#include <algorithm>
#include <limits>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// Objectives whose best mappings a mapper without a front is asked for as well.
constexpr MappingObjective other_objectives[] = {{1, 0}, {0, 1}, {1, 1}, {2, 1}, {1, 2}};

}  // namespace

DesignFigures Codesign::figures(double energy_pj, double cycles, double area_um2) const {
  return {energy_pj, cycles, area_um2, study_.clock_mhz.value_or(family_->clock_mhz()) * 1e6};
}

bool Codesign::limits_mappings() const {
  return std::any_of(goal_.specs.begin(), goal_.specs.end(),
                     [](const Spec& spec) { return !find_metric(spec.metric)->before_mapping; });
}

bool Codesign::bounded_beforehand(const Spec& spec) const {
  const Metric& metric = *find_metric(spec.metric);
  if (metric.before_mapping) return true;
  return spec.max && metric.rises() && loop_model_bounds(family_->instantiate(family_->default_point()));
}

bool Codesign::ruled_out(const std::vector<CompulsoryCost>& costs) const {
  if (!limits_mappings()) return false;
  constexpr double rounding = 1e-9;
  const CompulsoryCost least = sums(costs);
  const DesignFigures bounds = figures(least.energy_pj, least.cycles, 0.0);
  return std::any_of(goal_.specs.begin(), goal_.specs.end(), [&](const Spec& spec) {
    const Metric& metric = *find_metric(spec.metric);
    return !metric.before_mapping && metric.rises() && spec.max &&
           metric.value(bounds) * (1.0 - rounding) > *spec.max;
  });
}

std::vector<std::string> Codesign::broken_metrics(const DesignPoint& design) const {
  const DesignFigures reached = figures(design.energy_pj, design.cycles, design.area_um2);
  std::vector<std::string> broken;
  for (const Spec& spec : goal_.specs)
    if (excess(spec, find_metric(spec.metric)->value(reached)) > 0.0) broken.push_back(spec.metric);
  return broken;
}

std::string Codesign::broken_spec(const DesignPoint& design) const {
  const DesignFigures reached = figures(design.energy_pj, design.cycles, design.area_um2);
  for (const Spec& spec : goal_.specs)
    if (excess(spec, find_metric(spec.metric)->value(reached)) > 0.0) return "spec " + spec.metric;
  return "";
}

std::vector<NetworkUses> Codesign::network_uses() const {
  std::vector<NetworkUses> networks;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    NetworkUses network{study_.workloads[n].weight, {}};
    for (const Use& use : uses_[n]) network.uses.push_back({use.pool, static_cast<double>(use.count)});
    networks.push_back(std::move(network));
  }
  return networks;
}

NetworkGoal Codesign::network_goal(double area_um2) const {
  NetworkGoal goal{objective_, study_.combine == Combine::worst, {}};
  for (const Spec& spec : goal_.specs) {
    const Metric& metric = *find_metric(spec.metric);
    if (metric.before_mapping) continue;
    if (spec.min || !metric.rises()) goal.limits.falling = false;
    if (!spec.max) continue;
    // What the metric is per pJ^energy_power cycles^cycles_power.
    const double most = *spec.max / metric.value(figures(1.0, 1.0, area_um2));
    double& limit = metric.cycles_power < 0.0    ? goal.limits.energy_per_cycle
                    : metric.cycles_power == 0.0 ? goal.limits.energy_pj
                    : metric.energy_power == 0.0 ? goal.limits.cycles
                                                 : goal.limits.energy_times_cycles;
    limit = std::min(limit, most);
  }
  goal.limits.violation = [this, area_um2](const CostPoint& sums) {
    return spec_violation(goal_.specs, figures(sums.energy_pj, sums.cycles, area_um2));
  };
  return goal;
}

void Codesign::take(DesignPoint& design, const NetworkChoice& choice,
                    const std::vector<std::vector<LimitedMapping>>& mappings) const {
  const double proven = design.lower_bound;
  std::size_t at = 0;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    MappedNetwork& network = design.networks[n];
    network.energy_pj = network.cycles = 0.0;
    for (std::size_t u = 0; u < uses_[n].size(); ++u, ++at) {
      const LimitedMapping& own = mappings[n][u];
      MappedLayer& layer = design.layers[at];
      layer.mapping = own.mapping;
      layer.evaluation = own.evaluation;
      const auto cycles = static_cast<double>(own.evaluation.cycles);
      const auto count = static_cast<double>(uses_[n][u].count);
      layer.proven = layer.proven && objective_(own.evaluation.energy_pj, cycles) <= layer.lower_bound;
      network.energy_pj += count * own.evaluation.energy_pj;
      network.cycles += count * cycles;
    }
    network.objective = objective_(network.energy_pj, network.cycles);
  }
  total(design);
  design.lower_bound = std::min(std::max(proven, design.lower_bound), design.objective);
  design.reason = choice.kept() ? "" : broken_spec(design);
}

std::vector<LimitedMapping> Codesign::alternatives(std::size_t pool, const DesignPoint& design,
                                                   Dataflow dataflow, const LayerAnswer& answer,
                                                   int threads) const {
  std::vector<LimitedMapping> list = {{*answer.result.mapping, answer.evaluation}};
  list.insert(list.end(), answer.seen.begin(), answer.seen.end());
  if (evaluator_ != nullptr) return list;
  for (const MappingObjective& objective : other_objectives) {
    MapRequest asked = request(pool, design, dataflow, {threads});
    asked.objective = objective;
    const MapResult found = mapper_->map(asked);
    if (found.mapping) list.push_back({*found.mapping, found.best});
  }
  return list;
}

void Codesign::keep_limits(DesignPoint& design, Dataflow dataflow, const Limits& limits,
                           const std::vector<LayerAnswer>& answers, bool prove) const {
  design.bound_by = broken_metrics(design);
  if (evaluator_ == nullptr && study_.mapper == "exact" && study_.budget == 0) {
    const DesignPoint* known[] = {&design};
    keep_limits_exactly(design, dataflow, limits, prove, known);
    return;
  }
  std::vector<std::vector<LimitedMapping>> lists(pool_.size());
  parallel_for(pool_.size(), limits.threads, [&](std::size_t i) {
    lists[i] = alternatives(i, design, dataflow, answers[i], limits.threads);
  });
  std::vector<std::vector<CostPoint>> fronts;
  for (const std::vector<LimitedMapping>& list : lists) {
    std::vector<CostPoint> front;
    for (const LimitedMapping& one : list)
      front.push_back({one.evaluation.energy_pj, static_cast<double>(one.evaluation.cycles)});
    fronts.push_back(std::move(front));
  }
  const std::vector<NetworkUses> networks = network_uses();
  const NetworkChoice choice = choose_points(fronts, networks, network_goal(design.area_um2));
  if (!choice.found || (!choice.kept() && !limits.prune)) return;
  std::vector<std::vector<LimitedMapping>> mappings(networks.size());
  for (std::size_t n = 0; n < networks.size(); ++n)
    for (std::size_t u = 0; u < networks[n].uses.size(); ++u)
      mappings[n].push_back(lists[networks[n].uses[u].layer][choice.points[n][u]]);
  take(design, choice, mappings);
}

void Codesign::keep_limits_exactly(DesignPoint& design, Dataflow dataflow, const Limits& limits, bool prove,
                                   std::span<const DesignPoint* const> known) const {
  LimitedMapRequest request;
  for (const PoolLayer& layer : pool_)
    request.layers.push_back({layer.layer,
                              dataflow == Dataflow::baseline
                                  ? family_->baseline_rules(layer.layer, design.point)
                                  : family_->rules(layer.layer, design.point),
                              {}});
  for (const DesignPoint* other : known) {
    std::size_t at = 0;
    for (const std::vector<Use>& uses : uses_)
      for (const Use& use : uses) request.layers[use.pool].known.push_back(other->layers[at++].mapping);
  }
  request.networks = network_uses();
  request.goal = network_goal(design.area_um2);
  request.architecture = design.architecture;
  request.bypass = bypass_;
  request.cutoff = prove && limits.unseen ? limits.incumbent : 0.0;
  request.prove = prove;
  request.memory_mb = limits.memory_mb;
  request.stop = limits.stop;
  request.threads = limits.threads;
  const LimitedMapResult found = map_within(request);
  design.labels += found.labels;
  design.evaluations += found.evaluations;
  design.excluded = !(found.lower_bound < infinity);
  if (found.choice.found && (found.choice.kept() || limits.prune))
    take(design, found.choice, found.mappings);
  if (design.excluded) return;
  const double proven = std::max(design.lower_bound, found.lower_bound);
  design.lower_bound = found.choice.kept() ? std::min(proven, design.objective) : proven;
  design.pruned = request.cutoff > 0.0 && design.lower_bound >= request.cutoff &&
                  (!found.choice.kept() || design.lower_bound < design.objective);
  if (design.pruned && !found.choice.kept()) design.reason.clear();
}

}  // namespace dovetail
