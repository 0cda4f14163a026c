// Features of a mapping: shares of what the machine has, and logarithms of how often data is used.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/spaces/family/features.hpp>

namespace dovetail {
namespace {

constexpr double log_scale = 1.0 / 16.0;  // factors of up to 65 536 stay within [-1, 1]

double scaled_log(double value) {
  return std::log2(std::max(value, 1e-12)) * log_scale;
}

}  // namespace

MappingFeatures::MappingFeatures(const Layer& layer, const Architecture& machine)
    : layer_(layer),
      levels_(static_cast<int>(machine.levels.size())),
      dimensions_(static_cast<int>(layer.dimensions.size())),
      tensors_(static_cast<int>(layer.tensors.size())),
      macs_(static_cast<double>(macs(layer))),
      units_(static_cast<double>(machine.compute.instances)) {
  for (std::size_t t = 0; t < layer.tensors.size(); ++t)
    for (int d = 0; d < dimensions_; ++d)
      if (relevant(layer.tensors[t], d)) relevant_[t] |= 1U << d;
  static const char* const slots[] = {"t", "x", "y"};
  for (int l = 0; l < levels_; ++l) {
    const auto i = static_cast<std::size_t>(l);
    const Level& level = machine.levels[i];
    usable_[i] = static_cast<double>(usable_capacity(level).value_or(0));
    instances_[i] = static_cast<double>(level.instances);
    const std::optional<double> read = level.read_bandwidth, shared = level.shared_bandwidth;
    bandwidth_[i] = read && shared ? std::min(*read, *shared) : read.value_or(shared.value_or(0.0));
    fan_x_[i] = static_cast<double>(fanout_x(machine, l));
    fan_y_[i] = static_cast<double>(fanout_y(machine, l));
    for (int d = 0; d < dimensions_; ++d) {
      const Dimension& dimension = layer.dimensions[static_cast<std::size_t>(d)];
      if (dimension.extent == 1) continue;
      for (std::size_t s = 0; s < 3; ++s) {
        if ((s == 1 && fan_x_[i] <= 1.0) || (s == 2 && fan_y_[i] <= 1.0)) continue;
        factors_.push_back({static_cast<std::uint8_t>(l), static_cast<std::uint8_t>(s), static_cast<std::uint8_t>(d),
                            1.0 / std::log2(static_cast<double>(dimension.extent))});
        names_.push_back(fmt::format("factor.{}.{}.{}", level.name, slots[s], dimension.name));
      }
    }
  }
  names_.emplace_back("pe_use");
  names_.emplace_back("intensity");
  for (int l = 0; l < levels_; ++l) {
    const auto i = static_cast<std::size_t>(l);
    const std::string& name = machine.levels[i].name;
    if (fan_x_[i] > 1.0) names_.push_back("mesh_x." + name);
    if (fan_y_[i] > 1.0) names_.push_back("mesh_y." + name);
    if (usable_[i] > 0.0) names_.push_back("use." + name);
    if (bandwidth_[i] > 0.0) names_.push_back("balance." + name);
    for (const Tensor& tensor : layer.tensors) {
      if (usable_[i] > 0.0) names_.push_back(fmt::format("use.{}.{}", name, tensor.name));
      names_.push_back(fmt::format("stationary.{}.{}", name, tensor.name));
      names_.push_back(fmt::format("reuse.{}.{}", name, tensor.name));
    }
  }
}

double MappingFeatures::words(std::size_t tensor, const Extents& extent) const {
  double volume = 1.0;
  for (const Axis& axis : layer_.tensors[tensor].axes) {
    double length = 1.0;
    for (const AxisTerm& term : axis)
      length += static_cast<double>(term.coefficient) * (extent[static_cast<std::size_t>(term.dimension)] - 1.0);
    volume *= length;
  }
  return volume;
}

void MappingFeatures::compute(const PackedMapping& mapping, std::span<double> out) const {
  if (mapping.level_count != levels_ || mapping.dimension_count != dimensions_ || out.size() != names_.size())
    throw std::invalid_argument("a mapping of another layer or machine");
  std::size_t at = 0;
  for (const Factor& factor : factors_) {
    const PackedLevel& level = mapping.levels[factor.level];
    const std::int32_t value = (factor.slot == 0   ? level.temporal
                                : factor.slot == 1 ? level.spatial_x
                                                   : level.spatial_y)[factor.dimension];
    out[at++] = std::log2(static_cast<double>(value)) * factor.scale;
  }

  // Tiles below each level, spatial factors, and instances in use.
  std::array<Extents, max_levels> below;
  std::array<double, max_levels> x, y, used;
  Extents extent;
  extent.fill(1.0);
  double spatial = 1.0;
  for (int l = 0; l < levels_; ++l) {
    const auto i = static_cast<std::size_t>(l);
    const PackedLevel& level = mapping.levels[i];
    below[i] = extent;
    x[i] = y[i] = 1.0;
    for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions_); ++d) {
      x[i] *= level.spatial_x[d];
      y[i] *= level.spatial_y[d];
      extent[d] *= static_cast<double>(level.temporal[d]) * level.spatial_x[d] * level.spatial_y[d];
    }
    spatial *= x[i] * y[i];
  }
  double above = 1.0;
  for (int l = levels_; l-- > 0;) {
    used[static_cast<std::size_t>(l)] = above;
    above *= x[static_cast<std::size_t>(l)] * y[static_cast<std::size_t>(l)];
  }
  const std::size_t head = at;  // pe_use and intensity
  at += 2;
  double dram_words = 0.0;
  for (int l = 0; l < levels_; ++l) {
    const auto i = static_cast<std::size_t>(l);
    const PackedLevel& level = mapping.levels[i];
    if (fan_x_[i] > 1.0) out[at++] = x[i] / fan_x_[i];
    if (fan_y_[i] > 1.0) out[at++] = y[i] / fan_y_[i];
    const std::size_t sums = at;  // use and balance of the whole level
    at += (usable_[i] > 0.0 ? 1U : 0U) + (bandwidth_[i] > 0.0 ? 1U : 0U);
    double kept = 0.0, delivered = 0.0;
    const Extents& own = l + 1 < levels_ ? below[i + 1] : extent;
    for (std::size_t t = 0; t < static_cast<std::size_t>(tensors_); ++t) {
      const bool keeps = (level.keep >> t & 1U) != 0;
      if (usable_[i] > 0.0) {
        const double share = keeps ? words(t, own) / usable_[i] : 0.0;
        kept += share;
        out[at++] = share;
      }
      // Trips inside the innermost loop that moves the tensor, over this level and outwards; the rest exchange tiles.
      double stationary = 1.0, exchanges = 1.0;
      bool moving = false;
      for (int m = l; m < levels_; ++m) {
        const PackedLevel& outer = mapping.levels[static_cast<std::size_t>(m)];
        for (int p = dimensions_; p-- > 0;) {
          const std::size_t d = outer.order[static_cast<std::size_t>(p)];
          const double trips = outer.temporal[d];
          moving = moving || (trips > 1.0 && (relevant_[t] >> d & 1U) != 0);
          if (moving)
            exchanges *= trips;
          else if (m == l)
            stationary *= trips;
        }
      }
      const double fetched = words(t, below[i]) * exchanges * x[i] * y[i] * used[i];
      out[at++] = scaled_log(stationary);
      out[at++] = scaled_log(macs_ / fetched);
      if (keeps) delivered += fetched;
      if (l + 1 == levels_) dram_words += fetched;
    }
    std::size_t sum = sums;
    if (usable_[i] > 0.0) out[sum++] = kept;
    if (bandwidth_[i] > 0.0)
      out[sum] = scaled_log(macs_ / spatial / std::max(delivered / used[i] / bandwidth_[i], 1e-9));
  }
  out[head] = spatial / units_;
  out[head + 1] = scaled_log(macs_ / dram_words);
}

std::vector<double> MappingFeatures::operator()(const PackedMapping& mapping) const {
  std::vector<double> result(names_.size());
  compute(mapping, result);
  return result;
}

}  // namespace dovetail
