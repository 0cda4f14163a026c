// What one hardware point is worth: the best mapping of every layer, or a proof that it cannot beat the incumbent.
#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/engine/codesign/candidate/machine_bound.hpp>
#include <dovetail/engine/map/network/quick_mapper.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

// "no mapping: capacity at Spad": without numbers, so that equal reasons count together.
std::string no_mapping_reason(const MapResult& result) {
  if (result.closest.empty()) return "no mapping";
  const Violation& worst = result.closest.front();
  std::string text = "no mapping: " + worst.constraint;
  if (!worst.level.empty()) text += " at " + worst.level;
  return text;
}

}  // namespace

MapRequest DesignEvaluation::request(const Candidate& candidate, std::size_t layer, const Effort& effort) const {
  MapRequest request;
  request.layer = candidate.work->layers[layer]->layer;
  request.architecture = candidate.machine;
  request.rules = candidate.rules[layer];
  request.objective = terms_->sum.objective();
  request.bypass = terms_->bypass;
  request.factors = terms_->factors;
  request.placement = terms_->placement;
  request.budget = terms_->budget;
  request.gap = terms_->gap;
  request.seed = terms_->seed;
  request.threads = effort.threads;
  request.cutoff = effort.cutoff;
  request.prove = effort.prove;
  if (!terms_->plain()) request.stop = effort.stop;
  return request;
}

DesignEvaluation::LayerAnswer DesignEvaluation::map_layer(const Candidate& candidate, std::size_t layer,
                                                          const Effort& effort) const {
  MapRequest asked = request(candidate, layer, effort);
  asked.front = terms_->evaluator != nullptr;
  LayerAnswer answer{effort.prove ? terms_->mapper->map(asked) : explore_layer(asked), {}, {}, "", 0.0};
  answer.evaluation = answer.result.best;
  if (!answer.result.mapping) {
    if (answer.result.stopped != "cutoff") answer.failure = no_mapping_reason(answer.result);
    return answer;
  }
  if (terms_->evaluator == nullptr) return answer;
  // The loop model screens, the evaluator decides.
  Decision decision = decide(asked, answer.result, *terms_->evaluator,
                             terms_->external ? Screening{terms_->candidates} : cycle_screening(asked.architecture));
  answer.failure = decision.failure;
  answer.result.evaluations += decision.asked;
  answer.screened_objective = decision.screened_objective;
  answer.seen = std::move(decision.seen);
  if (!decision.mapping) return answer;
  answer.evaluation = std::move(decision.evaluation);
  answer.result.mapping = std::move(decision.mapping);
  return answer;
}

double DesignEvaluation::cutoff_scale(const NetworkSet& work, const std::vector<double>& bounds,
                                      const std::vector<char>& open, double incumbent) const {
  double low = 1.0, high = 1e12;
  for (int step = 0; step < 64; ++step) {
    const double scale = std::sqrt(low * high);
    std::vector<double> raised = bounds;
    for (std::size_t i = 0; i < raised.size(); ++i) {
      if (open[i] != 0) raised[i] *= scale;
    }
    (terms_->sum.bound(work, raised) < incumbent ? low : high) = scale;
  }
  return high * (1.0 + 1e-9);
}

std::optional<DesignEvaluation::Answers> DesignEvaluation::map_layers(const Candidate& candidate, DesignPoint& design,
                                                                      const EvaluationLimits& limits,
                                                                      const std::vector<CompulsoryCost>& costs,
                                                                      bool prove, bool cutting) const {
  const std::size_t layers = costs.size();
  const NetworkSet& work = *candidate.work;
  Answers answers(layers);
  std::vector<double> bounds(layers);
  std::vector<char> open(layers, 1), given_up(layers, 0);
  for (std::size_t i = 0; i < layers; ++i) bounds[i] = terms_->sum.objective()(costs[i].energy_pj, costs[i].cycles);
  while (std::count(open.begin(), open.end(), 1) > 0) {
    const double scale = cutting ? cutoff_scale(work, bounds, open, limits.incumbent) : 0.0;
    const std::vector<double> before = bounds;
    parallel_for(layers, limits.threads, [&](std::size_t i) {
      if (open[i] == 0) return;
      if (limits.stop && limits.stop()) {
        given_up[i] = 1;
        return;
      }
      const std::int64_t so_far = answers[i].result.evaluations;
      answers[i] = map_layer(candidate, i, {limits.threads, before[i] * scale, prove, limits.stop});
      answers[i].result.evaluations += so_far;
      open[i] = answers[i].result.stopped == "cutoff" ? 1 : 0;
      bounds[i] = std::max(before[i], answers[i].result.lower_bound);
    });
    if (std::count(given_up.begin(), given_up.end(), 1) > 0) return std::nullopt;
    if (!terms_->plain() && limits.stop && limits.stop()) return std::nullopt;
    for (const LayerAnswer& answer : answers) {
      if (design.reason.empty()) design.reason = answer.failure;
    }
    // What fails while the run is told to stop may fail because of that.
    if (!design.reason.empty() && terms_->evaluator != nullptr && limits.stop && limits.stop()) return std::nullopt;
    if (!design.reason.empty()) return answers;
    if (cutting && terms_->sum.bound(work, bounds) >= limits.incumbent && std::count(open.begin(), open.end(), 1) > 0) {
      design.pruned = true;
      design.lower_bound = terms_->sum.bound(work, bounds);
      return answers;
    }
  }
  return answers;
}

std::optional<DesignPoint> DesignEvaluation::evaluate(const Candidate& candidate, Dataflow dataflow,
                                                      const EvaluationLimits& limits) const {
  DesignPoint design;
  design.point = candidate.point;
  design.architecture = candidate.machine;
  design.area_um2 = area_um2(design.architecture);

  const NetworkSet& work = *candidate.work;
  const std::vector<CompulsoryCost> costs = MachineBound(*terms_).costs(candidate);
  const bool bounded = terms_->loop_model_bounds(candidate.machine);
  const bool bounded_beforehand = terms_->machine_bounds(candidate.machine);
  const double bound_here = bounded_beforehand ? terms_->sum.together(work, costs) : 0.0;
  const bool area_only = !terms_->limits_mappings();
  const bool too_large = area_only && !terms_->allows_area(design.area_um2);
  const bool prunes =
      limits.incumbent > 0.0 && (area_only || limits.unseen) && dataflow == Dataflow::free && bounded_beforehand;
  if ((too_large && limits.prune) || (prunes && bound_here >= limits.incumbent)) {
    design.pruned = true;
    design.objective = design.lower_bound = bound_here;
    if (too_large) design.reason = spec_reason("area_um2");
    return design;
  }

  if (terms_->fused()) {
    design.lower_bound = bound_here;
    EvaluationLimits asked = limits;
    if (!prunes) asked.incumbent = 0.0;
    return evaluate_fused(candidate, std::move(design), dataflow, asked);
  }

  const bool later = limits.prove && terms_->proofs_of_networks();
  const bool prove = !terms_->explores() || (limits.prove && !later);
  const bool cutting = prove && prunes && terms_->exact();
  const auto answers = map_layers(candidate, design, limits, costs, prove, cutting);
  if (!answers) return std::nullopt;
  for (const LayerAnswer& answer : *answers) design.evaluations += answer.result.evaluations;
  if (!design.reason.empty()) return design;
  design.mapped = std::all_of(answers->begin(), answers->end(),
                              [](const LayerAnswer& answer) { return answer.result.mapping.has_value(); });
  if (!design.mapped) {
    design.objective = design.lower_bound;
    return design;
  }
  const double proven_already = std::max(bound_here, design.lower_bound);
  if (terms_->evaluator != nullptr) design.loop_objective = loop_objective(work, *answers);
  sum_up(candidate, design, *answers, bounded);
  total(design);
  design.lower_bound = std::min(design.objective, std::max(design.lower_bound, proven_already));
  if (design.pruned) return design;

  design.reason = broken_spec(design);
  const bool too_costly = !design.reason.empty() && !area_only && terms_->allows_area(design.area_um2);
  if (too_costly) keep_limits(candidate, design, limits, *answers, limits.prove && !later);
  if (design.pruned || design.excluded || !later || (!design.reason.empty() && !too_costly)) return design;
  EvaluationLimits proof = limits;
  if (!prunes) proof.incumbent = 0.0;
  design = refined(candidate, std::move(design), dataflow, proof);
  if (!design.pruned && design.lower_bound < design.objective && limits.stop && limits.stop()) return std::nullopt;
  return design;
}

double DesignEvaluation::loop_objective(const NetworkSet& work, const Answers& answers) const {
  std::vector<CompulsoryCost> costs;
  costs.reserve(answers.size());
  for (const LayerAnswer& answer : answers)
    costs.push_back({answer.result.best.energy_pj, static_cast<double>(answer.result.best.cycles)});
  return terms_->sum.together(work, costs);
}

std::optional<double> DesignEvaluation::loop_objective(const Candidate& candidate, int threads) const {
  Answers answers(candidate.rules.size());
  parallel_for(answers.size(), threads,
               [&](std::size_t i) { answers[i].result = terms_->mapper->map(request(candidate, i, {threads})); });
  for (const LayerAnswer& answer : answers)
    if (!answer.result.mapping) return std::nullopt;
  return loop_objective(*candidate.work, answers);
}

void DesignEvaluation::sum_up(const Candidate& candidate, DesignPoint& design, const Answers& answers,
                              bool bounded) const {
  const NetworkSum& sum = terms_->sum;
  const bool decided_elsewhere = terms_->evaluator != nullptr;
  for (const WeightedNetwork& asked : candidate.work->networks) {
    MappedNetwork network{asked.name, asked.weight, 0.0, 0.0, 0.0, 0.0};
    double roots = 0.0;
    for (const CountedLayer& use : asked.layers) {
      const auto& [result, evaluation, seen, failure, screened_objective] = answers[use.layer];
      const auto count = static_cast<double>(use.count);
      network.energy_pj += count * evaluation.energy_pj;
      network.cycles += count * static_cast<double>(evaluation.cycles);
      roots += sum.root(use.count, result.lower_bound);
      design.layers.push_back({network.name, candidate.work->layers[use.layer]->layer, use.count, *result.mapping,
                               evaluation, bounded ? result.lower_bound : 0.0, result.proven && !decided_elsewhere,
                               result.evaluations, screened_objective});
      design.layers.back().layer.name = use.name;
    }
    network.objective = sum.objective()(network.energy_pj, network.cycles);
    network.lower_bound = bounded ? std::min(network.objective, sum.from_roots(roots)) : 0.0;
    design.networks.push_back(network);
  }
}

void DesignEvaluation::total(DesignPoint& design) const {
  design.energy_pj = design.cycles = design.objective = design.lower_bound = 0.0;
  for (const MappedNetwork& network : design.networks) {
    design.energy_pj += network.weight * network.energy_pj;
    design.cycles += network.weight * network.cycles;
    design.objective = terms_->sum.add(design.objective, network.weight * network.objective);
    design.lower_bound = terms_->sum.add(design.lower_bound, network.weight * network.lower_bound);
  }
  const DesignFigures reached = terms_->figures(design.energy_pj, design.cycles, design.area_um2);
  design.edp = find_metric("edp")->value(reached);
  design.latency_ms = find_metric("latency_ms")->value(reached);
  design.power_mw = find_metric("power_mw")->value(reached);
}

NetworkMapRequest DesignEvaluation::network_request(const Candidate& candidate, std::size_t network, std::size_t first,
                                                    const DesignPoint& design, const EvaluationLimits& limits) const {
  NetworkMapRequest request;
  const std::vector<CountedLayer>& layers = candidate.work->networks[network].layers;
  for (std::size_t l = 0; l < layers.size(); ++l)
    request.layers.push_back({candidate.work->layers[layers[l].layer]->layer, layers[l].count,
                              candidate.rules[layers[l].layer], design.layers[first + l].mapping});
  request.architecture = candidate.machine;
  request.objective = terms_->sum.objective();
  request.bypass = terms_->bypass;
  request.stop = limits.stop;
  request.memory_mb = limits.memory_mb;
  request.threads = limits.threads;
  return request;
}

DesignPoint DesignEvaluation::refined(const Candidate& candidate, DesignPoint design, Dataflow dataflow,
                                      const EvaluationLimits& limits) const {
  if (terms_->fused()) {
    if (design.mapped && !design.pruned) add_unfused(candidate, design, limits);
    return design;
  }
  if (!design.mapped || design.pruned || !terms_->explores()) return design;
  if (!terms_->proofs_of_networks()) {
    if (std::all_of(design.layers.begin(), design.layers.end(), [](const MappedLayer& layer) { return layer.proven; }))
      return design;
    EvaluationLimits whole = limits;
    whole.incumbent = 0.0;
    whole.prune = false;
    whole.prove = true;
    return evaluate(candidate, dataflow, whole).value_or(design);
  }
  const DesignPoint before = design;
  std::size_t first = 0;
  const std::vector<WeightedNetwork>& networks = candidate.work->networks;
  for (std::size_t n = 0; n < networks.size(); first += networks[n].layers.size(), ++n) {
    MappedNetwork& network = design.networks[n];
    NetworkMapRequest request = network_request(candidate, n, first, design, limits);
    // Networks that all lose the same share lose it together.
    request.cutoff = network.objective * (limits.incumbent / before.objective);
    const NetworkMapResult found = map_network(request);
    design.labels += found.labels;
    network.lower_bound = std::max(network.lower_bound, std::min(found.lower_bound, network.objective));
    if (!found.feasible || found.objective > network.objective) continue;
    network.energy_pj = found.energy_pj;
    network.cycles = found.cycles;
    network.objective = found.objective;
    for (std::size_t l = 0; l < networks[n].layers.size(); ++l) {
      MappedLayer& layer = design.layers[first + l];
      layer.mapping = *found.layers[l].mapping;
      layer.evaluation = found.layers[l].best;
    }
  }
  total(design);
  const double proven = std::max(before.lower_bound, design.lower_bound);
  design.lower_bound = std::min(proven, design.objective);
  const bool stopped = limits.stop && limits.stop();
  design.reason = broken_spec(design);
  if (!design.reason.empty() && terms_->limits_mappings() && terms_->allows_area(design.area_um2)) {
    if (limits.unseen && limits.incumbent > 0.0 && proven >= limits.incumbent) {
      design.pruned = true;
      design.reason.clear();
      return design;
    }
    const DesignPoint best = design;
    const DesignPoint* known[] = {&before, &best};
    if (before.reason.empty()) {
      design = before;
      design.lower_bound = std::min(proven, design.objective);
    }
    design.bound_by = broken(best);
    keep_limits_exactly(candidate, design, limits, true, known);
    return design;
  }
  if (design.lower_bound < std::min(limits.incumbent, design.objective) && networks.size() > 1 && !stopped) {
    EvaluationLimits whole = limits;
    whole.incumbent = 0.0;
    return refined(candidate, std::move(design), dataflow, whole);
  }
  design.pruned =
      limits.incumbent > 0.0 && design.lower_bound >= limits.incumbent && design.lower_bound < design.objective;
  return design;
}

}  // namespace dovetail
