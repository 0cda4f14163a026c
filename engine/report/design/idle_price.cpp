#include <dovetail/engine/report/design/idle_price.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {

IdlePrice idle_price(const IdleWork& work, const Architecture& architecture, const std::optional<VectorUnit>& unit) {
  const Level& memory = architecture.levels.back();
  const double read = static_cast<double>(work.words_read), written = static_cast<double>(work.words_written);
  const double block = static_cast<double>(memory.block_size), instances = static_cast<double>(memory.instances);
  IdlePrice price;
  price.energy_pj = read / block * memory.energy.read_pj + written / block * memory.energy.update_pj;
  const auto at_least = [&](const std::optional<double>& bandwidth, double words) {
    if (bandwidth) price.cycles = std::max(price.cycles, std::ceil(words / (*bandwidth * instances)));
  };
  at_least(memory.read_bandwidth, read);
  at_least(memory.write_bandwidth, written);
  at_least(memory.shared_bandwidth, read + written);
  if (unit) {
    const auto operations = static_cast<double>(work.operations);
    price.energy_pj += operations * unit->energy_per_op_pj;
    price.cycles = std::max(price.cycles, std::ceil(operations / static_cast<double>(unit->lanes)));
  }
  return price;
}

}  // namespace dovetail
