// The mapped pricer and its memory of layers.
#include <dovetail/engine/explore/pricers/mapped_pricer.hpp>

#include <mutex>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_cached = 500'000;

struct LayerPrice {
  double energy_pj = 0.0, cycles = 0.0;
  std::string failure;
  bool stopped = false;
};

class MappedPricer final : public Stage {
 public:
  MappedPricer(const CandidateSpace& space, const MappedPricerOptions& options)
      : space_(space), options_(options), mapper_(make_mapper(options.mapper)) {}

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

  std::map<std::string, std::string> identity() const override {
    return {{"mapper", options_.mapper},
            {"budget", fmt::format("{}", options_.budget)},
            {"mapper gap", fmt::format("{}", options_.gap)},
            {"mapping objective", fmt::format("energy^{} cycles^{}", options_.objective.energy_power, options_.objective.cycles_power)}};
  }

  StageReuse reuse() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {asked_, static_cast<std::int64_t>(distinct_.size()), "layer on a machine"};
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const Architecture machine = candidate.architecture();
    const std::string machine_key = key_of(candidate.machine_point);
    struct Use {
      std::string key;
      Layer layer;
      std::int64_t count = 0;
      std::size_t network = 0;
    };
    std::vector<Use> uses;
    for (std::size_t n = 0; n < candidate.networks.size(); ++n)
      for (const UniqueLayer& unique : unique_layers(candidate.networks[n].network()))
        uses.push_back({machine_key + shape_key(unique.layer), unique.layer, unique.count, n});
    std::vector<LayerPrice> prices(uses.size());
    parallel_for(uses.size(), effort.threads, [&](std::size_t i) { prices[i] = price(uses[i].key, uses[i].layer, candidate, machine, effort); });

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

 private:
  static std::string key_of(const Point& point) {
    std::string text;
    for (const double number : point.numbers) text += fmt::format("{},", number);
    return text + ";";
  }

  LayerPrice price(const std::string& key, const Layer& layer, const NetworkCandidate& candidate, const Architecture& machine,
                   const StageEffort& effort) const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++asked_;
      if (distinct_.size() < most_cached) distinct_.insert(key);
      if (const auto found = known_.find(key); found != known_.end()) return found->second;
    }
    if (effort.stop && effort.stop()) return {0.0, 0.0, "", true};
    MapRequest request;
    request.layer = layer;
    request.architecture = machine;
    request.rules = candidate.machine->rules(layer, candidate.machine_point);
    request.objective = options_.objective;
    request.bypass = options_.bypass;
    request.budget = options_.budget;
    request.gap = options_.gap;
    request.seed = options_.seed;
    request.threads = effort.threads;
    request.stop = effort.stop;
    const MapResult result = mapper_->map(request);
    if (effort.stop && effort.stop()) return {0.0, 0.0, "", true};
    LayerPrice found;
    if (result.mapping) {
      found = {result.best.energy_pj, static_cast<double>(result.best.cycles), "", false};
    } else {
      found.failure = "no mapping";
      if (!result.closest.empty()) {
        found.failure += ": " + result.closest.front().constraint;
        if (!result.closest.front().level.empty()) found.failure += " at " + result.closest.front().level;
      }
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (known_.size() < most_cached) known_.emplace(key, found);
    return found;
  }

  const CandidateSpace& space_;
  MappedPricerOptions options_;
  std::unique_ptr<Mapper> mapper_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, LayerPrice> known_;
  mutable std::set<std::string> distinct_;
  mutable std::int64_t asked_ = 0;
};

}  // namespace

std::unique_ptr<Stage> make_mapped_pricer(const CandidateSpace& space, const MappedPricerOptions& options) {
  return std::make_unique<MappedPricer>(space, options);
}

}  // namespace dovetail
