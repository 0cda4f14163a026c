// Pricing, placing, and choosing among the trade-offs.
#include <dovetail/engine/explore/pricers/system_pricer.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <dovetail/engine/explore/pricers/layer_prices.hpp>
#include <dovetail/engine/place/placement_labels.hpp>
#include <dovetail/engine/place/priced_networks.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

class MappedSystemPricer final : public SystemPricer {
 public:
  MappedSystemPricer(const CandidateSpace& space, const MappedPricerOptions& options, const PlacementOptions& placement)
      : space_(space),
        options_(options),
        placement_(placement),
        prices_(options) {
    for (const SlotOption& option : space.system->options()) clock_mhz_ = std::max(clock_mhz_, option.clock_mhz);
    if (options.clock_mhz) clock_mhz_ = *options.clock_mhz;
  }

  std::string name() const override { return "price"; }
  double expected_seconds() const override { return 0.2; }

  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"latency_ms", "energy_mj", "energy_pj",    "cycles",
                                      "edp",        "power_mw",  "placement_gap"};
    if (space_.networks.size() > 1)
      for (const NetworkSource& network : space_.networks) {
        names.push_back(network.task + ".latency_ms");
        names.push_back(network.task + ".energy_mj");
      }
    return names;
  }

  std::map<std::string, std::string> identity() const override {
    std::map<std::string, std::string> all = prices_.identity();
    all["placement"] = fmt::format("labels {} beam {}", placement_.labels, placement_.beam);
    all["system clock_mhz"] = fmt::format("{}", clock_mhz_);
    return all;
  }
  StageReuse reuse() const override { return prices_.reuse(); }

  void choose_by(Choice choice) override { choice_ = std::move(choice); }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const SystemSchedule schedule = this->schedule(candidate, effort);
    if (schedule.stopped) return {{}, "", true};
    if (!schedule.failure.empty()) return {{}, schedule.failure, false};
    return {measure(candidate, schedule, schedule.chosen), "", false};
  }

  SystemSchedule schedule(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    SystemSchedule out;
    out.clock_mhz = clock_mhz_;
    std::vector<Network> networks;
    for (const CandidateNetwork& network : candidate.networks) networks.push_back(network.network());
    price(candidate, networks, effort, out);
    if (out.stopped || !out.failure.empty()) return out;
    out.result = place(out.problem, placement_);
    if (out.result.front.empty()) {
      out.failure = "no schedule was found";
      return out;
    }
    if (!out.result.exact) out.edp_bound = out.result.edp_bound;
    std::vector<std::map<std::string, double>> metrics;
    for (std::size_t i = 0; i < out.result.front.size(); ++i) metrics.push_back(measure(candidate, out, i));
    out.chosen = choice_ ? choice_(metrics) : least_edp(metrics);
    return out;
  }

  std::vector<PricedLayer> priced_layers(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const SystemSchedule found = schedule(candidate, effort);
    if (found.stopped || !found.failure.empty()) return {};
    return layers_of(candidate, found.result.front[found.chosen], effort);
  }

  std::vector<PricedLayer> layers_of(const NetworkCandidate& candidate, const Schedule& schedule,
                                     const StageEffort& effort) const override {
    std::vector<PricedLayer> result;
    std::size_t at = 0;
    for (std::size_t n = 0; n < candidate.networks.size(); ++n) {
      const Network network = candidate.networks[n].network();
      for (const NetworkLayer* layer : layers(network)) {
        const SystemMachine& machine = candidate.machines[schedule.layers[at++].machine];
        const Architecture built = machine.architecture();
        const LayerPrice price = prices_.price(machine.key(), layer->layer, built, machine.rules(layer->layer), effort);
        result.push_back(
            {n, layer->layer, layer->repeat, machine.slot, built, price.mapping, price.energy_pj, price.cycles});
      }
    }
    return result;
  }

  std::optional<UnrunnableLayer> unrunnable(const StageEffort& effort) const override {
    std::vector<SystemMachine> machines;
    for (const SlotOption& option : space_.system->options()) {
      if (option.family) return std::nullopt;
      machines.emplace_back().option = &option;
    }
    struct Question {
      std::size_t network;
      Layer layer;
    };
    std::vector<Question> questions;
    std::set<std::string> asked;
    for (std::size_t n = 0; n < space_.networks.size(); ++n) {
      if (space_.networks[n].family || !space_.networks[n].any.empty()) continue;
      for (const NetworkLayer* layer : layers(space_.networks[n].fixed))
        if (asked.insert(shape_key(layer->layer)).second) questions.push_back({n, layer->layer});
    }
    MappedPricerOptions exact = options_;
    exact.mapper = "exact";
    exact.budget = 0;
    const LayerPrices proof(exact);
    std::vector<std::string> why(questions.size());
    parallel_for(questions.size(), effort.threads, [&](std::size_t i) {
      const Layer& layer = questions[i].layer;
      for (const LayerPrices* prices : {&prices_, &proof}) {  // what samples do not find may still exist
        why[i].clear();
        for (const SystemMachine& machine : machines) {
          const LayerPrice price =
              prices->price(machine.key(), layer, machine.architecture(), machine.rules(layer), effort);
          if (price.stopped || price.failure.empty()) {
            why[i].clear();
            return;
          }
          if (why[i].empty()) why[i] = price.failure;
        }
        if (options_.mapper == "exact") return;
      }
    });
    for (std::size_t i = 0; i < questions.size(); ++i)
      if (!why[i].empty()) return UnrunnableLayer{questions[i].network, questions[i].layer.name, why[i]};
    return std::nullopt;
  }

 private:
  static std::size_t least_edp(const std::vector<std::map<std::string, double>>& metrics) {
    return static_cast<std::size_t>(
        std::min_element(metrics.begin(), metrics.end(),
                         [](const auto& a, const auto& b) { return a.at("edp") < b.at("edp"); }) -
        metrics.begin());
  }

  // Every shape on every machine.
  void price(const NetworkCandidate& candidate, const std::vector<Network>& networks, const StageEffort& effort,
             SystemSchedule& out) const {
    std::map<std::string, std::size_t> shape_of;
    std::vector<const Layer*> shapes;
    std::size_t count = 0;
    for (const Network& network : networks)
      for (const NetworkLayer* layer : layers(network)) {
        ++count;
        if (shape_of.try_emplace(shape_key(layer->layer), shapes.size()).second) shapes.push_back(&layer->layer);
      }
    if (count > detail::most_placed_layers) {
      out.failure = fmt::format("{} layers, at most {} can be placed", count, detail::most_placed_layers);
      return;
    }
    const std::size_t machines = candidate.machines.size();
    std::vector<Architecture> built;
    std::vector<std::string> keys;
    for (const SystemMachine& machine : candidate.machines) {
      built.push_back(machine.architecture());
      keys.push_back(machine.key());
    }
    std::vector<LayerPrice> prices(shapes.size() * machines);
    parallel_for(prices.size(), effort.threads, [&](std::size_t i) {
      const std::size_t m = i % machines;
      const Layer& layer = *shapes[i / machines];
      prices[i] = prices_.price(keys[m], layer, built[m], candidate.machines[m].rules(layer), effort);
    });
    for (const LayerPrice& one : prices) out.stopped = out.stopped || one.stopped;
    if (out.stopped) return;
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      bool runs = false;
      for (std::size_t m = 0; m < machines; ++m) runs = runs || prices[s * machines + m].failure.empty();
      if (runs) continue;
      out.failure = fmt::format("no machine runs {}: {}", shapes[s]->name, prices[s * machines].failure);
      return;
    }
    out.problem = placement_problem(networks, machines, [&](const Layer& layer, std::size_t m) -> LayerCost {
      const LayerPrice& one = prices[shape_of.at(shape_key(layer)) * machines + m];
      if (!one.failure.empty()) return {infinity, 0.0};
      return {one.cycles * (options_.clock_mhz ? 1.0 : clock_mhz_ / candidate.machines[m].option->clock_mhz),
              one.energy_pj};
    });
  }

  std::map<std::string, double> measure(const NetworkCandidate& candidate, const SystemSchedule& all,
                                        std::size_t chosen) const {
    const PlacementProblem& problem = all.problem;
    const Schedule& schedule = all.result.front[chosen];
    std::map<std::string, double> metrics;
    const double ms = 1e-3 / clock_mhz_;  // of a cycle
    metrics["cycles"] = schedule.makespan;
    metrics["latency_ms"] = schedule.makespan * ms;
    metrics["energy_pj"] = schedule.energy;
    metrics["energy_mj"] = schedule.energy * 1e-9;
    metrics["edp"] = schedule.energy * schedule.makespan;
    metrics["power_mw"] = schedule.energy * 1e-9 / (schedule.makespan * ms) * 1e3;
    const double edp = schedule.makespan * schedule.energy;
    metrics["placement_gap"] = !all.result.exact && edp > 0.0 ? std::max(0.0, (edp - all.edp_bound) / edp) : 0.0;
    if (candidate.networks.size() > 1) {
      for (const CandidateNetwork& network : candidate.networks)
        metrics[network.source->task + ".latency_ms"] = metrics[network.source->task + ".energy_mj"] = 0.0;
      for (const PlacedLayer& placed : schedule.layers) {
        const PlacementLayer& layer = problem.layers[placed.layer];
        const std::string& task = candidate.networks[static_cast<std::size_t>(layer.network)].source->task;
        double& end = metrics[task + ".latency_ms"];
        end = std::max(end, placed.end * ms);
        metrics[task + ".energy_mj"] += layer.energy[placed.machine] * 1e-9;
      }
    }
    return metrics;
  }

  const CandidateSpace& space_;
  MappedPricerOptions options_;
  PlacementOptions placement_;
  LayerPrices prices_;
  Choice choice_;
  double clock_mhz_ = 0.0;
};

}  // namespace

std::unique_ptr<SystemPricer> make_system_pricer(const CandidateSpace& space, const MappedPricerOptions& options,
                                                 const PlacementOptions& placement) {
  return std::make_unique<MappedSystemPricer>(space, options, placement);
}

}  // namespace dovetail
