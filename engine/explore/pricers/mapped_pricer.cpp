// The mapped pricer and its memory of layers.
#include <dovetail/engine/explore/pricers/mapped_pricer.hpp>

#include <fmt/format.h>

#include <dovetail/engine/explore/pricers/layer_prices.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

class MappedPricer final : public Stage {
 public:
  MappedPricer(const CandidateSpace& space, const MappedPricerOptions& options)
      : space_(space),
        options_(options),
        prices_(options) {}

  std::string name() const override { return "price"; }
  double expected_seconds() const override { return 0.1; }

  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"latency_ms", "energy_mj", "energy_pj", "cycles", "edp", "power_mw"};
    if (space_.networks.size() > 1)
      for (const NetworkSource& network : space_.networks) {
        names.push_back(network.task + ".latency_ms");
        names.push_back(network.task + ".energy_mj");
      }
    return names;
  }

  std::map<std::string, std::string> identity() const override { return prices_.identity(); }
  StageReuse reuse() const override { return prices_.reuse(); }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const std::vector<Use> uses = this->uses(candidate);
    const std::vector<LayerPrice> prices = this->prices(candidate, uses, effort);
    StageAnswer answer;
    const double hertz = options_.clock_mhz.value_or(space_.machine->clock_mhz()) * 1e6;
    std::vector<double> energy(candidate.networks.size(), 0.0), cycles(candidate.networks.size(), 0.0);
    for (std::size_t i = 0; i < uses.size(); ++i) {
      if (prices[i].stopped) return {{}, "", true};
      if (!prices[i].failure.empty()) return {{}, prices[i].failure, false};
      energy[uses[i].network] += static_cast<double>(uses[i].count) * prices[i].energy_pj;
      cycles[uses[i].network] += static_cast<double>(uses[i].count) * prices[i].cycles;
    }
    double all_energy = 0.0, all_cycles = 0.0;
    for (std::size_t n = 0; n < energy.size(); ++n) {
      all_energy += energy[n];
      all_cycles += cycles[n];
      if (energy.size() == 1) continue;
      answer.metrics[candidate.networks[n].source->task + ".latency_ms"] = cycles[n] / hertz * 1e3;
      answer.metrics[candidate.networks[n].source->task + ".energy_mj"] = energy[n] * 1e-9;
    }
    answer.metrics["energy_pj"] = all_energy;
    answer.metrics["energy_mj"] = all_energy * 1e-9;
    answer.metrics["cycles"] = all_cycles;
    answer.metrics["latency_ms"] = all_cycles / hertz * 1e3;
    answer.metrics["edp"] = all_energy * all_cycles;
    answer.metrics["power_mw"] = all_energy * 1e-12 / (all_cycles / hertz) * 1e3;
    return answer;
  }

  std::vector<PricedLayer> priced_layers(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const std::vector<Use> uses = this->uses(candidate);
    const std::vector<LayerPrice> prices = this->prices(candidate, uses, effort);
    std::vector<PricedLayer> result;
    for (std::size_t i = 0; i < uses.size(); ++i)
      result.push_back({uses[i].network, uses[i].layer, uses[i].count, -1, candidate.architecture(), prices[i].mapping,
                        prices[i].energy_pj, prices[i].cycles});
    return result;
  }

 private:
  struct Use {
    Layer layer;
    std::int64_t count = 0;
    std::size_t network = 0;
  };

  std::vector<Use> uses(const NetworkCandidate& candidate) const {
    std::vector<Use> uses;
    for (std::size_t n = 0; n < candidate.networks.size(); ++n)
      for (const UniqueLayer& unique : unique_layers(candidate.networks[n].network()))
        uses.push_back({unique.layer, unique.count, n});
    return uses;
  }

  std::vector<LayerPrice> prices(const NetworkCandidate& candidate, const std::vector<Use>& uses,
                                 const StageEffort& effort) const {
    const Architecture machine = candidate.architecture();
    const std::string machine_key = key_of(candidate.machine_point);
    std::vector<LayerPrice> prices(uses.size());
    parallel_for(uses.size(), effort.threads, [&](std::size_t i) {
      prices[i] = prices_.price(machine_key, uses[i].layer, machine,
                                candidate.machine->rules(uses[i].layer, candidate.machine_point), effort);
    });
    return prices;
  }

  static std::string key_of(const Point& point) {
    std::string text;
    for (const double number : point.numbers) text += fmt::format("{},", number);
    return text + ";";
  }

  const CandidateSpace& space_;
  MappedPricerOptions options_;
  LayerPrices prices_;
};

}  // namespace

std::unique_ptr<Stage> make_mapped_pricer(const CandidateSpace& space, const MappedPricerOptions& options) {
  return std::make_unique<MappedPricer>(space, options);
}

}  // namespace dovetail
