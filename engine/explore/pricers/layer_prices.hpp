// The price of a layer on a machine by its best mapping, found once per shape and machine over all candidates.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include <dovetail/engine/explore/pricers/mapped_pricer.hpp>
#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// Empty `failure`: the price of one occurrence by `mapping`. `stopped`: the caller ended the search.
struct LayerPrice {
  double energy_pj = 0.0, cycles = 0.0;
  std::string failure;
  bool stopped = false;
  std::shared_ptr<const Mapping> mapping = nullptr;
};

/// Safe to use from several threads; equal questions have equal answers.
class LayerPrices {
 public:
  explicit LayerPrices(const MappedPricerOptions& options);

  /// `machine_key` names the machine with its rules: equal keys mean equal machines.
  LayerPrice price(const std::string& machine_key, const Layer& layer, const Architecture& machine,
                   const MappingRules& rules, const StageEffort& effort) const;
  /// The question that is put to the mapper.
  MapRequest request(const Layer& layer, const Architecture& machine, const MappingRules& rules,
                     const StageEffort& effort) const;
  const Mapper& mapper() const { return *mapper_; }

  StageReuse reuse() const;
  std::map<std::string, std::string> identity() const;

 private:
  MappedPricerOptions options_;
  std::unique_ptr<Mapper> mapper_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, LayerPrice> known_;
  mutable std::set<std::string> distinct_;
  mutable std::int64_t asked_ = 0;
};

}  // namespace dovetail
