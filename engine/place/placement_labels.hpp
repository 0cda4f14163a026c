// Partial schedules as labels, in groups with the same layers done.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail::detail {

inline constexpr std::size_t most_placed_layers = 512;
using LayerSet = std::array<std::uint64_t, most_placed_layers / 64>;

inline bool contains(const LayerSet& set, std::size_t l) {
  return ((set[l / 64] >> (l % 64)) & 1U) != 0;
}

/// One step of a schedule; labels of later steps point back to it.
struct Step {
  std::uint32_t previous = 0;
  std::uint16_t layer = 0, machine = 0;
  double start = 0.0;
};

/// A partial schedule. `times` are its machines' (free from) and then, for each layer that waits for some result, when
/// all known results are at each machine.
struct PlacementLabel {
  double energy = 0.0;
  double last_end = 0.0;   ///< of the layers done
  double least_end = 0.0;  ///< bound of the makespan
  std::uint32_t step = 0;
};

/// All labels with the same layers done.
struct LabelGroup {
  LayerSet done{};
  std::vector<std::uint16_t> waiting;    ///< layers not done that read something done, ascending
  std::vector<std::uint16_t> available;  ///< layers not done that read only what is done
  bool blocked = false;                  ///< some layer is not done and not available
  double energy_left = 0.0;              ///< least energy of the layers not done
  std::vector<double> priced_left;       ///< per price vector: least energy + price x cycles of them
  std::vector<double> loaded_left;       ///< per share vector: least share x cycles of them
  std::vector<PlacementLabel> labels;
  std::vector<double> times;  ///< stride() per label

  std::size_t stride(std::size_t machines) const { return machines * (1 + waiting.size()); }
};

/// The trade-offs that whole schedules have reached so far: ascending makespan, descending energy.
class ScheduleFront {
 public:
  struct Entry {
    double makespan, energy;
    std::uint32_t step;
  };
  /// Whether it was not dominated; then those that it dominates are gone.
  bool add(double makespan, double energy, std::uint32_t step);
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace dovetail::detail
