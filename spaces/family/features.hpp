// Named domain features of machines and mappings: what an architect would look at, as coordinates for surrogates.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

struct Feature {
  std::string name;
  double value = 0.0;
};

/// A machine's features for a set of layers. Logarithms are to base 2; quantities without a bound (an unlimited
/// bandwidth or capacity) are left out, so machines of one family have the same names.
///
///     pes, mesh_ratio (X / Y), area_um2                    logarithms
///     words.LEVEL, words_total.LEVEL, block.LEVEL          logarithms, per instance and of all instances
///     words_share.LEVEL                                    of all words on chip, in [0, 1]
///     energy.LEVEL                                         log of pJ per word read over pJ per multiply-accumulate
///     bandwidth.LEVEL                                      log of words per cycle over the chip per compute unit
///     mesh_fit                                             share of the units that factors of the layers can fill
///     holds.LEVEL.TENSOR                                   share of the tensor that the level holds, at most 1
///     balance                                              log of compute cycles over cycles that DRAM needs at least
///
/// Means over layers are weighted by their multiply-accumulates.
std::vector<Feature> hardware_features(const Architecture& architecture, std::span<const Layer> layers);

/// Which features a surrogate sees: an ablation turns one off.
struct FeatureChoice {
  bool domain = true;  ///< hardware_features
  bool raw = true;     ///< the parameters themselves, as Encoding codes them
};

/// A family's points as features in [0, 1]: each is scaled by its range over 256 points drawn from the space (a fixed
/// draw, so this is a pure function of family, layers and choice) and held within [-0.5, 1.5] beyond it; features that
/// do not vary there are left out. Copies share their state; safe to call concurrently.
class HardwareFeatures {
 public:
  HardwareFeatures(const Family& family, std::vector<Layer> layers, FeatureChoice choice = {});
  const std::vector<std::string>& names() const;
  std::vector<double> operator()(const Point& point) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// Features of the mappings of one layer on one machine, computed without allocation. Factors are logarithms over the
/// logarithm of the extent, uses are shares, all in [0, 1]; reuse, intensity and balance are logarithms to base 2,
/// divided by 16.
///
///     factor.LEVEL.{t,x,y}.DIMENSION   dimensions and slots that can exceed one
///     use.LEVEL, use.LEVEL.TENSOR      share of the capacity, 0 where bypassed or unbounded
///     pe_use, mesh_x.LEVEL, mesh_y.LEVEL
///     stationary.LEVEL.TENSOR          log of the trips inside the level's innermost loop that moves the tensor: how
///                                      often a tile below is used before it is exchanged
///     reuse.LEVEL.TENSOR               log of multiply-accumulates per word that the level delivers, counting tiles
///                                      only (no sliding windows, each child fetching for itself)
///     intensity                        log of multiply-accumulates per word of DRAM
///     balance.LEVEL                    log of compute cycles over the cycles of the level's deliveries
class MappingFeatures {
 public:
  MappingFeatures(const Layer& layer, const Architecture& architecture);
  const std::vector<std::string>& names() const { return names_; }
  int size() const { return static_cast<int>(names_.size()); }
  void compute(const PackedMapping& mapping, std::span<double> out) const;  ///< out: size() numbers
  std::vector<double> operator()(const PackedMapping& mapping) const;

 private:
  struct Factor {
    std::uint8_t level = 0, slot = 0, dimension = 0;
    double scale = 1.0;
  };
  using Extents = std::array<double, max_dimensions>;
  double words(std::size_t tensor, const Extents& extent) const;

  Layer layer_;
  int levels_ = 0, dimensions_ = 0, tensors_ = 0;
  double macs_ = 1.0, units_ = 1.0;
  std::array<double, max_levels> usable_{};     // words per instance; 0: unbounded
  std::array<double, max_levels> bandwidth_{};  // words per cycle per instance; 0: unbounded
  std::array<double, max_levels> instances_{}, fan_x_{}, fan_y_{};
  std::vector<Factor> factors_;
  std::array<unsigned, max_tensors> relevant_{};
  std::vector<std::string> names_;
};

}  // namespace dovetail
