// The memory of mapped layers.
#include <dovetail/engine/explore/pricers/layer_prices.hpp>

#include <fmt/format.h>

namespace dovetail {
namespace {

constexpr std::size_t most_cached = 500'000;

}  // namespace

LayerPrices::LayerPrices(const MappedPricerOptions& options)
    : options_(options),
      mapper_(make_mapper(options.mapper)) {}

std::map<std::string, std::string> LayerPrices::identity() const {
  return {{"mapper", options_.mapper},
          {"budget", fmt::format("{}", options_.budget)},
          {"mapper gap", fmt::format("{}", options_.gap)},
          {"mapping objective",
           fmt::format("energy^{} cycles^{}", options_.objective.energy_power, options_.objective.cycles_power)}};
}

StageReuse LayerPrices::reuse() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {asked_, static_cast<std::int64_t>(distinct_.size()), "layer on a machine"};
}

MapRequest LayerPrices::request(const Layer& layer, const Architecture& machine, const MappingRules& rules,
                                const StageEffort& effort) const {
  MapRequest request;
  request.layer = layer;
  request.architecture = machine;
  request.rules = rules;
  request.objective = options_.objective;
  request.bypass = options_.bypass;
  request.factors = options_.factors;
  request.placement = options_.placement;
  request.budget = options_.budget;
  request.gap = options_.gap;
  request.seed = options_.seed;
  request.threads = effort.threads;
  request.stop = effort.stop;
  return request;
}

LayerPrice LayerPrices::price(const std::string& machine_key, const Layer& layer, const Architecture& machine,
                              const MappingRules& rules, const StageEffort& effort) const {
  const std::string key = machine_key + shape_key(layer);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++asked_;
    if (distinct_.size() < most_cached) distinct_.insert(key);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  if (effort.stop && effort.stop()) return {0.0, 0.0, "", true, nullptr};
  const MapResult result = mapper_->map(request(layer, machine, rules, effort));
  if (effort.stop && effort.stop()) return {0.0, 0.0, "", true, nullptr};
  LayerPrice found;
  if (result.mapping) {
    found = {result.best.energy_pj, static_cast<double>(result.best.cycles), "", false,
             std::make_shared<const Mapping>(*result.mapping)};
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

}  // namespace dovetail
