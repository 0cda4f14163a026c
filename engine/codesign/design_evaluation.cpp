// What one hardware point is worth: the best mapping of every layer, or a proof that it cannot beat the incumbent.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/map/network/quick_mapper.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/engine/map/objective.hpp>
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

bool Codesign::proofs_can_wait() const {
  return evaluator_ == nullptr && study_.mapper == "exact" && study_.budget == 0 && study_.gap == 0.0;
}

MapRequest Codesign::request(std::size_t pool, const DesignPoint& design, Dataflow dataflow,
                             const Effort& effort) const {
  const Layer& layer = pool_[pool].layer;
  MapRequest request;
  request.layer = layer;
  request.architecture = design.architecture;
  request.rules = dataflow == Dataflow::baseline ? family_->baseline_rules(layer, design.point)
                                                 : family_->rules(layer, design.point);
  request.objective = objective_;
  request.bypass = bypass_;
  request.budget = study_.budget;
  request.gap = study_.gap;
  request.seed = study_.seed;
  request.threads = effort.threads;
  request.cutoff = effort.cutoff;
  request.prove = effort.prove;
  return request;
}

Codesign::LayerAnswer Codesign::map_layer(std::size_t pool, const DesignPoint& design, Dataflow dataflow,
                                          const Effort& effort) const {
  MapRequest asked = request(pool, design, dataflow, effort);
  asked.front = evaluator_ != nullptr;
  LayerAnswer answer{effort.prove ? mapper_->map(asked) : explore_layer(asked), {}, {}, "", 0.0};
  answer.evaluation = answer.result.best;
  if (!answer.result.mapping) {
    if (answer.result.stopped != "cutoff") answer.failure = no_mapping_reason(answer.result);
    return answer;
  }
  if (evaluator_ == nullptr) return answer;
  // The loop model screens, the evaluator decides.
  Decision decision = decide(asked, answer.result, *evaluator_,
                             foreign_ ? Screening{study_.candidates} : cycle_screening(asked.architecture));
  answer.failure = decision.failure;
  answer.result.evaluations += decision.asked;
  answer.screened_objective = decision.screened_objective;
  answer.seen = std::move(decision.seen);
  if (!decision.mapping) return answer;
  answer.evaluation = std::move(decision.evaluation);
  answer.result.mapping = std::move(decision.mapping);
  return answer;
}

std::optional<std::vector<Codesign::LayerAnswer>> Codesign::map_layers(
    DesignPoint& design, Dataflow dataflow, const Limits& limits, const std::vector<CompulsoryCost>& costs,
    bool prove, bool cutting) const {
  std::vector<LayerAnswer> answers(pool_.size());
  std::vector<double> bounds(pool_.size());
  std::vector<char> open(pool_.size(), 1), given_up(pool_.size(), 0);
  for (std::size_t i = 0; i < pool_.size(); ++i) bounds[i] = objective_(costs[i].energy_pj, costs[i].cycles);
  while (std::count(open.begin(), open.end(), 1) > 0) {
    const double scale = cutting ? cutoff_scale(bounds, open, limits.incumbent) : 0.0;
    const std::vector<double> before = bounds;
    parallel_for(pool_.size(), limits.threads, [&](std::size_t i) {
      if (open[i] == 0) return;
      if (limits.stop && limits.stop()) {
        given_up[i] = 1;
        return;
      }
      const std::int64_t so_far = answers[i].result.evaluations;
      answers[i] = map_layer(i, design, dataflow, {limits.threads, before[i] * scale, prove});
      answers[i].result.evaluations += so_far;
      open[i] = answers[i].result.stopped == "cutoff" ? 1 : 0;
      bounds[i] = std::max(before[i], answers[i].result.lower_bound);
    });
    if (std::count(given_up.begin(), given_up.end(), 1) > 0) return std::nullopt;
    for (const LayerAnswer& answer : answers) {
      if (design.reason.empty()) design.reason = answer.failure;
    }
    // What fails while the run is told to stop may fail because of that.
    if (!design.reason.empty() && evaluator_ != nullptr && limits.stop && limits.stop()) return std::nullopt;
    if (!design.reason.empty()) return answers;
    if (cutting && combined(bounds) >= limits.incumbent && std::count(open.begin(), open.end(), 1) > 0) {
      design.pruned = true;
      design.lower_bound = combined(bounds);
      return answers;
    }
  }
  return answers;
}

std::optional<DesignPoint> Codesign::evaluate(const Point& point, Dataflow dataflow,
                                              const Limits& limits) const {
  DesignPoint design;
  design.point = point;
  design.architecture = family_->instantiate(point);
  design.area_um2 = area_um2(design.architecture);

  const std::vector<CompulsoryCost> costs = compulsory(point, design.architecture);
  const bool bounded = loop_model_bounds(design.architecture);
  const double bound_here = bounded ? combined(costs) : 0.0;
  const bool area_only = std::all_of(goal_.specs.begin(), goal_.specs.end(),
                                     [](const Spec& spec) { return spec.metric == "area_um2"; });
  const Trial small{0, point, TrialState::completed, {{"area_um2", design.area_um2}}, ""};
  const bool too_large = !goal_.specs.empty() && area_only && spec_violation(goal_, small) > 0.0;
  const bool prunes = limits.incumbent > 0.0 && (area_only || limits.unseen) && dataflow == Dataflow::free && bounded;
  if ((too_large && limits.prune) || (prunes && bound_here >= limits.incumbent)) {
    design.pruned = true;
    design.objective = design.lower_bound = bound_here;
    if (too_large) design.reason = "spec area_um2";
    return design;
  }

  const bool later = limits.prove && proofs_of_networks();
  const bool prove = !proofs_can_wait() || (limits.prove && !later);
  const bool cutting =
      prove && prunes && evaluator_ == nullptr && study_.mapper == "exact" && study_.budget == 0;
  const auto answers = map_layers(design, dataflow, limits, costs, prove, cutting);
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
  if (evaluator_ != nullptr) design.loop_objective = loop_objective(*answers);
  sum_up(design, *answers, bounded);
  total(design);
  design.lower_bound = std::min(design.objective, std::max(design.lower_bound, proven_already));
  if (design.pruned) return design;

  design.reason = broken_spec(design);
  const bool too_costly = !design.reason.empty() && limits_mappings() && area_allowed(design.area_um2);
  if (too_costly) keep_limits(design, dataflow, limits, *answers, limits.prove && !later);
  if (design.pruned || design.excluded || !later || (!design.reason.empty() && !too_costly)) return design;
  Limits proof = limits;
  if (!prunes) proof.incumbent = 0.0;
  design = refined(std::move(design), dataflow, proof);
  if (!design.pruned && design.lower_bound < design.objective && limits.stop && limits.stop())
    return std::nullopt;
  return design;
}

double Codesign::loop_objective(const std::vector<LayerAnswer>& answers) const {
  std::vector<CompulsoryCost> costs;
  costs.reserve(answers.size());
  for (const LayerAnswer& answer : answers)
    costs.push_back({answer.result.best.energy_pj, static_cast<double>(answer.result.best.cycles)});
  return combined(costs);
}

std::optional<double> Codesign::loop_objective(const Point& point, int threads) const {
  DesignPoint design;
  design.point = point;
  design.architecture = family_->instantiate(point);
  std::vector<LayerAnswer> answers(pool_.size());
  parallel_for(pool_.size(), threads, [&](std::size_t i) {
    answers[i].result = mapper_->map(request(i, design, Dataflow::free, {threads}));
  });
  for (const LayerAnswer& answer : answers)
    if (!answer.result.mapping) return std::nullopt;
  return loop_objective(answers);
}

void Codesign::sum_up(DesignPoint& design, const std::vector<LayerAnswer>& answers, bool bounded) const {
  const double power = objective_.energy_power + objective_.cycles_power;
  const bool decided_elsewhere = evaluator_ != nullptr;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    MappedNetwork network{networks_[n].name, study_.workloads[n].weight, 0.0, 0.0, 0.0, 0.0};
    double root_sum = 0.0;
    for (const Use& use : uses_[n]) {
      const auto& [result, evaluation, seen, failure, screened_objective] = answers[use.pool];
      const auto count = static_cast<double>(use.count);
      network.energy_pj += count * evaluation.energy_pj;
      network.cycles += count * static_cast<double>(evaluation.cycles);
      root_sum += count * std::pow(result.lower_bound, 1.0 / power);
      design.layers.push_back({network.name, pool_[use.pool].layer, use.count, *result.mapping, evaluation,
                               bounded ? result.lower_bound : 0.0, result.proven && !decided_elsewhere,
                               result.evaluations, screened_objective});
      design.layers.back().layer.name = use.name;
    }
    network.objective = objective_(network.energy_pj, network.cycles);
    network.lower_bound = bounded ? std::min(network.objective, std::pow(root_sum, power)) : 0.0;
    design.networks.push_back(network);
  }
}

void Codesign::total(DesignPoint& design) const {
  design.energy_pj = design.cycles = design.objective = design.lower_bound = 0.0;
  for (const MappedNetwork& network : design.networks) {
    design.energy_pj += network.weight * network.energy_pj;
    design.cycles += network.weight * network.cycles;
    const double objective = network.weight * network.objective, lower = network.weight * network.lower_bound;
    const bool worst = study_.combine == Combine::worst;
    design.objective = worst ? std::max(design.objective, objective) : design.objective + objective;
    design.lower_bound = worst ? std::max(design.lower_bound, lower) : design.lower_bound + lower;
  }
  const DesignFigures reached = figures(design.energy_pj, design.cycles, design.area_um2);
  design.edp = find_metric("edp")->value(reached);
  design.latency_ms = find_metric("latency_ms")->value(reached);
  design.power_mw = find_metric("power_mw")->value(reached);
}

bool Codesign::proofs_of_networks() const {
  return proofs_can_wait() && objective_.energy_power > 0.0 && objective_.cycles_power > 0.0;
}

NetworkMapRequest Codesign::network_request(std::size_t network, std::size_t first, const DesignPoint& design,
                                            Dataflow dataflow, const Limits& limits) const {
  NetworkMapRequest request;
  for (std::size_t l = 0; l < uses_[network].size(); ++l) {
    const Use& use = uses_[network][l];
    const Layer& layer = pool_[use.pool].layer;
    request.layers.push_back({layer, use.count,
                              dataflow == Dataflow::baseline ? family_->baseline_rules(layer, design.point)
                                                             : family_->rules(layer, design.point),
                              design.layers[first + l].mapping});
  }
  request.architecture = design.architecture;
  request.objective = objective_;
  request.bypass = bypass_;
  request.stop = limits.stop;
  request.memory_mb = limits.memory_mb;
  request.threads = limits.threads;
  return request;
}

DesignPoint Codesign::refined(DesignPoint design, Dataflow dataflow, const Limits& limits) const {
  if (!design.mapped || design.pruned || !proofs_can_wait()) return design;
  if (!proofs_of_networks()) {
    if (std::all_of(design.layers.begin(), design.layers.end(),
                    [](const MappedLayer& layer) { return layer.proven; }))
      return design;
    Limits whole = limits;
    whole.incumbent = 0.0;
    whole.prune = false;
    whole.prove = true;
    return evaluate(design.point, dataflow, whole).value_or(design);
  }
  const DesignPoint before = design;
  std::size_t first = 0;
  for (std::size_t n = 0; n < networks_.size(); first += uses_[n].size(), ++n) {
    MappedNetwork& network = design.networks[n];
    NetworkMapRequest request = network_request(n, first, design, dataflow, limits);
    // Networks that all lose the same share lose it together.
    request.cutoff = network.objective * (limits.incumbent / before.objective);
    const NetworkMapResult found = map_network(request);
    design.labels += found.labels;
    network.lower_bound = std::max(network.lower_bound, std::min(found.lower_bound, network.objective));
    if (!found.feasible || found.objective > network.objective) continue;
    network.energy_pj = found.energy_pj;
    network.cycles = found.cycles;
    network.objective = found.objective;
    for (std::size_t l = 0; l < uses_[n].size(); ++l) {
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
  if (!design.reason.empty() && limits_mappings() && area_allowed(design.area_um2)) {
    const DesignPoint best = design;
    const DesignPoint* known[] = {&before, &best};
    if (before.reason.empty()) {
      design = before;
      design.lower_bound = std::min(proven, design.objective);
    }
    design.bound_by = broken_metrics(best);
    keep_limits_exactly(design, dataflow, limits, true, known);
    return design;
  }
  if (design.lower_bound < std::min(limits.incumbent, design.objective) && networks_.size() > 1 && !stopped) {
    Limits whole = limits;
    whole.incumbent = 0.0;
    return refined(std::move(design), dataflow, whole);
  }
  design.pruned = limits.incumbent > 0.0 && design.lower_bound >= limits.incumbent &&
                  design.lower_bound < design.objective;
  return design;
}

}  // namespace dovetail
