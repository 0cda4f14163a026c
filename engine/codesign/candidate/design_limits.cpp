// Limits on what a design costs: the best of a candidate's mappings that keep them.
#include <algorithm>

#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

// Objectives whose best mappings a mapper without a front is asked for as well.
constexpr MappingObjective other_objectives[] = {{1, 0}, {0, 1}, {1, 1}, {2, 1}, {1, 2}};

}  // namespace

std::vector<std::string> DesignEvaluation::broken(const DesignPoint& design) const {
  return terms_->broken(terms_->figures(design.energy_pj, design.cycles, design.area_um2));
}

std::string DesignEvaluation::broken_spec(const DesignPoint& design) const {
  const std::vector<std::string> metrics = broken(design);
  return metrics.empty() ? "" : spec_reason(metrics.front());
}

void DesignEvaluation::take(const Candidate& candidate, DesignPoint& design, const NetworkChoice& choice,
                            const std::vector<std::vector<LimitedMapping>>& mappings) const {
  const MappingObjective& objective = terms_->sum.objective();
  const std::vector<WeightedNetwork>& networks = candidate.work->networks;
  const double proven = design.lower_bound;
  std::size_t at = 0;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    MappedNetwork& network = design.networks[n];
    network.energy_pj = network.cycles = 0.0;
    for (std::size_t u = 0; u < networks[n].layers.size(); ++u, ++at) {
      const LimitedMapping& own = mappings[n][u];
      MappedLayer& layer = design.layers[at];
      layer.mapping = own.mapping;
      layer.evaluation = own.evaluation;
      const auto cycles = static_cast<double>(own.evaluation.cycles);
      const auto count = static_cast<double>(networks[n].layers[u].count);
      layer.proven = layer.proven && objective(own.evaluation.energy_pj, cycles) <= layer.lower_bound;
      network.energy_pj += count * own.evaluation.energy_pj;
      network.cycles += count * cycles;
    }
    network.objective = objective(network.energy_pj, network.cycles);
  }
  total(design);
  design.lower_bound = std::min(std::max(proven, design.lower_bound), design.objective);
  design.reason = choice.kept() ? "" : broken_spec(design);
}

std::vector<LimitedMapping> DesignEvaluation::alternatives(const Candidate& candidate, std::size_t layer,
                                                           const LayerAnswer& answer, int threads) const {
  std::vector<LimitedMapping> list = {{*answer.result.mapping, answer.evaluation}};
  list.insert(list.end(), answer.seen.begin(), answer.seen.end());
  if (terms_->evaluator != nullptr) return list;
  for (const MappingObjective& objective : other_objectives) {
    MapRequest asked = request(candidate, layer, {threads});
    asked.objective = objective;
    const MapResult found = terms_->mapper->map(asked);
    if (found.mapping) list.push_back({*found.mapping, found.best});
  }
  return list;
}

void DesignEvaluation::keep_limits(const Candidate& candidate, DesignPoint& design, const EvaluationLimits& limits,
                                   const Answers& answers, bool prove) const {
  design.bound_by = broken(design);
  if (terms_->exact()) {
    const DesignPoint* known[] = {&design};
    keep_limits_exactly(candidate, design, limits, prove, known);
    return;
  }
  std::vector<std::vector<LimitedMapping>> lists(answers.size());
  parallel_for(lists.size(), limits.threads,
               [&](std::size_t i) { lists[i] = alternatives(candidate, i, answers[i], limits.threads); });
  std::vector<std::vector<CostPoint>> fronts;
  for (const std::vector<LimitedMapping>& list : lists) {
    std::vector<CostPoint> front;
    for (const LimitedMapping& one : list)
      front.push_back({one.evaluation.energy_pj, static_cast<double>(one.evaluation.cycles)});
    fronts.push_back(std::move(front));
  }
  const std::vector<NetworkUses> networks = terms_->sum.uses(*candidate.work);
  const NetworkChoice choice = choose_points(fronts, networks, terms_->network_goal(design.area_um2));
  if (!choice.found || (!choice.kept() && !limits.prune)) return;
  std::vector<std::vector<LimitedMapping>> mappings(networks.size());
  for (std::size_t n = 0; n < networks.size(); ++n)
    for (std::size_t u = 0; u < networks[n].uses.size(); ++u)
      mappings[n].push_back(lists[networks[n].uses[u].layer][choice.points[n][u]]);
  take(candidate, design, choice, mappings);
}

void DesignEvaluation::keep_limits_exactly(const Candidate& candidate, DesignPoint& design,
                                           const EvaluationLimits& limits, bool prove,
                                           std::span<const DesignPoint* const> known) const {
  LimitedMapRequest request;
  for (std::size_t l = 0; l < candidate.rules.size(); ++l)
    request.layers.push_back({candidate.work->layers[l]->layer, candidate.rules[l], {}});
  for (const DesignPoint* other : known) {
    std::size_t at = 0;
    for (const WeightedNetwork& network : candidate.work->networks)
      for (const CountedLayer& use : network.layers)
        request.layers[use.layer].known.push_back(other->layers[at++].mapping);
  }
  request.networks = terms_->sum.uses(*candidate.work);
  request.goal = terms_->network_goal(design.area_um2);
  request.architecture = candidate.machine;
  request.bypass = terms_->bypass;
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
    take(candidate, design, found.choice, found.mappings);
  if (design.excluded) return;
  const double proven = std::max(design.lower_bound, found.lower_bound);
  design.lower_bound = found.choice.kept() ? std::min(proven, design.objective) : proven;
  design.pruned = request.cutoff > 0.0 && design.lower_bound >= request.cutoff &&
                  (!found.choice.kept() || design.lower_bound < design.objective);
  if (design.pruned && !found.choice.kept()) design.reason.clear();
}

}  // namespace dovetail
