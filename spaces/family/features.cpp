// Features of a machine, and of a family's points scaled to [0, 1].
#include <dovetail/spaces/family/features.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/spaces/space/encoding.hpp>
#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {
namespace {

constexpr int scale_points = 256;
constexpr std::uint64_t scale_seed = 0x66656174;  // the scale belongs to the family, not to a study

double log2_of(double value) {
  return std::log2(std::max(value, 1e-12));
}

// Largest product of divisors of the extents that is at most `mesh`, as a share of it.
double fill(const Layer& layer, std::int64_t mesh) {
  std::vector<char> reached(static_cast<std::size_t>(std::min<std::int64_t>(mesh, 1 << 16)) + 1, 0);
  reached[1] = 1;
  for (const Dimension& dimension : layer.dimensions) {
    std::vector<char> next = reached;
    for (const std::int64_t divisor : divisors(dimension.extent)) {
      if (divisor == 1 || static_cast<std::size_t>(divisor) >= reached.size()) continue;
      for (std::size_t product = 1; product * static_cast<std::size_t>(divisor) < reached.size(); ++product)
        if (reached[product]) next[product * static_cast<std::size_t>(divisor)] = 1;
    }
    reached = std::move(next);
  }
  std::size_t best = 1;
  for (std::size_t product = 1; product < reached.size(); ++product)
    if (reached[product]) best = product;
  return static_cast<double>(best) / static_cast<double>(mesh);
}

std::optional<double> words_per_cycle(const Level& level) {
  std::optional<double> result = level.shared_bandwidth;
  if (level.read_bandwidth) result = std::min(result.value_or(*level.read_bandwidth), *level.read_bandwidth);
  return result;
}

}  // namespace

std::vector<Feature> hardware_features(const Architecture& machine, std::span<const Layer> layers) {
  std::vector<Feature> result;
  const auto add = [&](std::string name, double value) { result.push_back({std::move(name), value}); };
  const auto units = static_cast<double>(machine.compute.instances);
  add("pes", log2_of(units));
  add("mesh_ratio", log2_of(static_cast<double>(machine.compute.mesh_x) / static_cast<double>(machine.compute.mesh_y)));
  add("area_um2", log2_of(area_um2(machine)));
  double on_chip = 0.0;
  for (const Level& level : machine.levels)
    if (level.capacity_words && !level.is_dram)
      on_chip += static_cast<double>(*level.capacity_words) * static_cast<double>(level.instances);
  double all_macs = 0.0;
  for (const Layer& layer : layers) all_macs += static_cast<double>(macs(layer));
  for (const Level& level : machine.levels) {
    const auto instances = static_cast<double>(level.instances), block = static_cast<double>(level.block_size);
    add("block." + level.name, log2_of(block));
    add("instances." + level.name, log2_of(instances));
    if (machine.compute.energy_per_op_pj > 0.0)
      add("energy." + level.name, log2_of(level.energy.read_pj / block / machine.compute.energy_per_op_pj));
    if (const auto bandwidth = words_per_cycle(level))
      add("bandwidth." + level.name, log2_of(*bandwidth * instances / units));
    if (!level.capacity_words || level.is_dram) continue;
    const auto words = static_cast<double>(*level.capacity_words);
    add("words." + level.name, log2_of(words));
    add("words_total." + level.name, log2_of(words * instances));
    add("words_share." + level.name, on_chip > 0.0 ? words * instances / on_chip : 0.0);
    if (layers.empty()) continue;
    for (const Tensor& named : layers[0].tensors) {
      double share = 0.0;
      for (const Layer& layer : layers) {
        const int t = find_tensor(layer, named.name);
        if (t >= 0)
          share += static_cast<double>(macs(layer)) / all_macs *
                   std::min(1.0, words * instances /
                                     static_cast<double>(elements(layer, layer.tensors[static_cast<std::size_t>(t)])));
      }
      add(fmt::format("holds.{}.{}", level.name, named.name), share);
    }
  }
  double fit = 0.0, balance = 0.0;
  const std::optional<double> dram = machine.levels.empty() ? std::nullopt : words_per_cycle(machine.levels.back());
  for (const Layer& layer : layers) {
    const double weight = static_cast<double>(macs(layer)) / all_macs;
    fit += weight * fill(layer, machine.compute.mesh_x) * fill(layer, machine.compute.mesh_y);
    double words = 0.0;
    for (const Tensor& tensor : layer.tensors) words += static_cast<double>(elements(layer, tensor));
    if (dram) balance += weight * log2_of(static_cast<double>(macs(layer)) / units / (words / *dram));
  }
  if (!layers.empty()) {
    add("mesh_fit", fit);
    if (dram) add("balance", balance);
  }
  return result;
}

struct HardwareFeatures::Impl {
  Family family;
  std::vector<Layer> layers;
  FeatureChoice choice;
  Encoding encoding;
  std::vector<std::string> names;
  std::vector<std::size_t> kept;  // of hardware_features
  std::vector<double> low, width;

  Impl(const Family& of, std::vector<Layer> with, FeatureChoice chosen)
      : family(of),
        layers(std::move(with)),
        choice(chosen),
        encoding(of.space(), CategoryCode::one_hot) {}
};

HardwareFeatures::HardwareFeatures(const Family& family, std::vector<Layer> layers, FeatureChoice choice) {
  auto impl = std::make_shared<Impl>(family, std::move(layers), choice);
  if (choice.domain) {
    std::vector<double> low, high;
    std::vector<Feature> last;
    Random random(scale_seed);
    for (int i = 0; i < scale_points; ++i) {
      const std::optional<Point> point = i == 0 ? std::optional(family.default_point()) : family.space().sample(random);
      if (!point) break;
      std::vector<Feature> found = hardware_features(family.instantiate(*point), impl->layers);
      if (last.empty()) {
        low.assign(found.size(), std::numeric_limits<double>::infinity());
        high.assign(found.size(), -std::numeric_limits<double>::infinity());
      }
      for (std::size_t f = 0; f < std::min(found.size(), low.size()); ++f) {
        low[f] = std::min(low[f], found[f].value);
        high[f] = std::max(high[f], found[f].value);
      }
      last = std::move(found);
    }
    for (std::size_t f = 0; f < low.size(); ++f) {
      if (!(high[f] - low[f] > 1e-9 * std::max(1.0, std::abs(high[f])))) continue;
      impl->kept.push_back(f);
      impl->low.push_back(low[f]);
      impl->width.push_back(high[f] - low[f]);
      impl->names.push_back(last[f].name);
    }
  }
  if (choice.raw)
    for (const Coordinate& coordinate : impl->encoding.coordinates()) impl->names.push_back(coordinate.name);
  impl_ = std::move(impl);
}

const std::vector<std::string>& HardwareFeatures::names() const {
  return impl_->names;
}

std::vector<double> HardwareFeatures::operator()(const Point& point) const {
  std::vector<double> result;
  result.reserve(impl_->names.size());
  if (!impl_->kept.empty()) {
    const std::vector<Feature> found = hardware_features(impl_->family.instantiate(point), impl_->layers);
    for (std::size_t i = 0; i < impl_->kept.size(); ++i)
      result.push_back(std::clamp((found.at(impl_->kept[i]).value - impl_->low[i]) / impl_->width[i], -0.5, 1.5));
  }
  if (impl_->choice.raw) {
    const std::vector<double> raw = impl_->encoding(point);
    result.insert(result.end(), raw.begin(), raw.end());
  }
  return result;
}

}  // namespace dovetail
