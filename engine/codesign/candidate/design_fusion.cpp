// What one hardware point is worth where results may stay on chip: every network's cheapest schedule on it.
#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/engine/codesign/candidate/machine_bound.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

// "no mapping: capacity at Spad", of the first layer that has none.
std::string no_schedule_reason(const Candidate& candidate, Bypass bypass) {
  for (std::size_t i = 0; i < candidate.rules.size(); ++i) {
    MapRequest request;
    request.layer = candidate.work->layers[i]->layer;
    request.architecture = candidate.machine;
    request.rules = candidate.rules[i];
    request.bypass = bypass;
    const std::vector<Violation> missed = nearest_miss(request);
    if (missed.empty()) continue;
    return "no mapping: " + missed.front().constraint +
           (missed.front().level.empty() ? "" : " at " + missed.front().level);
  }
  return "no mapping";
}

}  // namespace

FusedMapRequest DesignEvaluation::fused_request(const Candidate& candidate, const WeightedNetwork& network,
                                                Fusion fusion, double cutoff, const EvaluationLimits& limits) const {
  FusedMapRequest request;
  request.network = *network.running;
  request.architecture = candidate.machine;
  request.rules = candidate.rules_of;
  request.objective = terms_->sum.objective();
  request.fusion = fusion;
  request.bypass = terms_->bypass;
  request.gap = terms_->gap;
  request.cutoff = cutoff;
  request.stop = limits.stop;
  request.threads = limits.threads;
  return request;
}

void DesignEvaluation::take_fused(DesignPoint& design, const WeightedNetwork& network, FusedMapRequest request,
                                  FusedMapResult result, std::optional<FrontKnown> within) const {
  design.evaluations += result.evaluations;
  design.labels += result.labels;
  design.networks.push_back(
      {network.name, network.weight, result.energy_pj, result.cycles, result.objective, result.lower_bound});
  for (const FusedStep& step : result.steps) {
    for (const FusedRun& run : step.runs) {
      design.layers.push_back({network.name, run.request.layer, std::llround(run.runs), *run.mapping, run.evaluation,
                               0.0, result.proven, 0, 0.0});
    }
  }
  request.stop = nullptr;  // of the search, which ends before the design does
  design.fused.push_back(
      std::make_shared<const FusedNetwork>(FusedNetwork{std::move(request), std::move(result), {}, within}));
}

std::optional<DesignPoint> DesignEvaluation::evaluate_fused(const Candidate& candidate, DesignPoint design,
                                                            Dataflow dataflow, const EvaluationLimits& limits) const {
  const std::vector<WeightedNetwork>& networks = candidate.work->networks;
  // The published dataflow runs layer by layer, as published.
  const Fusion fusion = dataflow == Dataflow::baseline ? Fusion::none : terms_->fusion;
  if (terms_->limits_mappings() && terms_->allows_area(design.area_um2))
    return evaluate_fused_within(candidate, std::move(design), fusion, limits);
  std::vector<double> bounds;  // weighted, per network: of the ones to come what no schedule avoids
  const std::vector<CompulsoryCost> costs = MachineBound(*terms_).costs(candidate);
  const std::vector<CompulsoryCost> likely = MachineBound(*terms_).likely_costs(candidate);
  std::vector<CompulsoryCost> guesses;
  for (const WeightedNetwork& network : networks) {
    NetworkSet alone;
    alone.networks = {network};
    bounds.push_back(terms_->sum.together(alone, costs));
    guesses.push_back(terms_->sum.sums(alone, likely));
  }
  const auto together = [&] {
    double sum = 0.0;
    for (const double bound : bounds) sum = terms_->sum.add(sum, bound);
    return sum;
  };
  for (std::size_t n = 0; n < networks.size(); ++n) {
    // What the others leave of the incumbent.
    double left = limits.incumbent;
    if (!terms_->sum.worst()) left -= together() - bounds[n];
    const double cutoff = limits.incumbent > 0.0 ? std::max(0.0, left) / networks[n].weight : 0.0;
    FusedMapRequest request = fused_request(candidate, networks[n], fusion, cutoff, limits);
    request.guess = {guesses[n].energy_pj, guesses[n].cycles};
    FusedMapResult result = map_fused(request);
    if (result.stopped && !result.cut) return std::nullopt;
    if (!result.feasible && !result.cut) {
      design.reason = no_schedule_reason(candidate, terms_->bypass);
      return design;
    }
    bounds[n] = std::max(bounds[n], networks[n].weight * result.lower_bound);
    design.lower_bound = std::max(design.lower_bound, together());
    if (!result.feasible) {
      design.pruned = true;
      design.objective = design.lower_bound;
      return design;
    }
    take_fused(design, networks[n], std::move(request), std::move(result));
  }
  design.mapped = true;
  const double proven = design.lower_bound;
  total(design);
  design.lower_bound = std::min(design.objective, std::max(proven, design.lower_bound));
  design.reason = broken_spec(design);
  return design;
}

FusedLimitedRequest DesignEvaluation::limited_request(const Candidate& candidate, double area_um2, Fusion fusion,
                                                      const EvaluationLimits& limits) const {
  FusedLimitedRequest request;
  const std::vector<CompulsoryCost> likely = MachineBound(*terms_).likely_costs(candidate);
  for (const WeightedNetwork& network : candidate.work->networks) {
    NetworkSet alone;
    alone.networks = {network};
    const CompulsoryCost guess = terms_->sum.sums(alone, likely);  // its ratio is what matters
    request.networks.push_back(fused_request(candidate, network, fusion, 0.0, limits));
    request.networks.back().guess = {guess.energy_pj, guess.cycles};
    request.weights.push_back(network.weight);
  }
  request.goal = terms_->network_goal(area_um2);
  request.cutoff = limits.unseen ? limits.incumbent : 0.0;
  return request;
}

std::optional<DesignPoint> DesignEvaluation::evaluate_fused_within(const Candidate& candidate, DesignPoint design,
                                                                   Fusion fusion,
                                                                   const EvaluationLimits& limits) const {
  const FusedLimitedRequest request = limited_request(candidate, design.area_um2, fusion, limits);
  FusedLimitedResult found = map_fused_within(request);
  if (limits.stop && limits.stop()) return std::nullopt;
  if (!found.found) {
    design.reason = no_schedule_reason(candidate, terms_->bypass);
    return design;
  }
  const std::vector<WeightedNetwork>& networks = candidate.work->networks;
  CostPoint alone;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    alone.energy_pj += networks[n].weight * found.alone[n].energy_pj;
    alone.cycles += networks[n].weight * found.alone[n].cycles;
  }
  design.bound_by = terms_->broken(terms_->figures(alone.energy_pj, alone.cycles, design.area_um2));
  // What the hand design is, not what it could be, if limits are out of its reach.
  std::vector<FusedMapResult>& chosen = found.kept() || limits.prune ? found.networks : found.alone;
  for (std::size_t n = 0; n < networks.size(); ++n)
    take_fused(design, networks[n], request.networks[n], std::move(chosen[n]), found.known);
  design.mapped = true;
  const double known = design.lower_bound;
  total(design);
  design.reason = broken_spec(design);
  design.excluded = !(found.lower_bound < infinity);
  design.lower_bound = std::max(known, design.excluded ? design.lower_bound : found.lower_bound);
  if (found.kept() || design.excluded) design.lower_bound = std::min(design.lower_bound, design.objective);
  if (design.excluded) return design;
  design.pruned = request.cutoff > 0.0 && design.lower_bound >= request.cutoff &&
                  (!found.kept() || design.lower_bound < design.objective);
  if (design.pruned && !found.kept()) design.reason.clear();
  return design;
}

void DesignEvaluation::add_unfused(const Candidate& candidate, DesignPoint& design,
                                   const EvaluationLimits& limits) const {
  if (terms_->limits_mappings()) {
    const bool open = std::any_of(design.fused.begin(), design.fused.end(), [](const auto& network) {
      return !network->unfused && network->request.fusion != Fusion::none;
    });
    if (!open) return;
    EvaluationLimits asked = limits;
    asked.unseen = false;
    FusedLimitedResult alone = map_fused_within(limited_request(candidate, design.area_um2, Fusion::none, asked));
    if (!alone.kept()) return;  // layer by layer nothing keeps the limits
    for (std::size_t n = 0; n < design.fused.size(); ++n) {
      FusedNetwork whole = *design.fused[n];
      whole.unfused = std::move(alone.networks[n]);
      design.fused[n] = std::make_shared<const FusedNetwork>(std::move(whole));
    }
    return;
  }
  for (std::size_t n = 0; n < design.fused.size(); ++n) {
    if (design.fused[n]->unfused || design.fused[n]->request.fusion == Fusion::none) continue;
    FusedNetwork whole = *design.fused[n];
    const FusedMapResult alone =
        map_fused(fused_request(candidate, candidate.work->networks[n], Fusion::none, 0.0, limits));
    if (alone.feasible) whole.unfused = alone;
    design.fused[n] = std::make_shared<const FusedNetwork>(std::move(whole));
  }
}

}  // namespace dovetail
