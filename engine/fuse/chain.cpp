// The shortest path over (layer, results alive in the buffer), with fronts of (energy, cycles) as its labels.
#include <dovetail/engine/fuse/chain.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <dovetail/engine/fuse/chain_layer.hpp>

namespace dovetail {
namespace {

using Front = std::vector<ChainCost>;
using Alive = std::set<int>;  // producers whose results live in the buffer

Front sum(const Front& a, const Front& b) {
  Front all;
  all.reserve(a.size() * b.size());
  for (const ChainCost& x : a) {
    for (const ChainCost& y : b) all.push_back({x.energy_pj + y.energy_pj, x.cycles + y.cycles});
  }
  return front_of(std::move(all));
}

Front times(Front front, std::int64_t count) {
  const auto factor = static_cast<double>(count);
  for (ChainCost& cost : front) cost.energy_pj *= factor, cost.cycles *= factor;
  return front;
}

// What is decided at a layer: its own home, or the group that starts there.
struct Step {
  bool in_buffer = false;
  std::optional<ChainGroup> group;
};

// A way from a layer to the end.
struct ChainLabel {
  ChainCost cost;
  Step step;
  int next = 0;          // layer after the step
  Alive alive;           // results alive there
  std::size_t rest = 0;  // label of that state
};

class Scheduling {
 public:
  Scheduling(const FusedChain& chain, Fusion fusion)
      : chain_(chain),
        fusion_(fusion),
        count_(static_cast<int>(chain.layers.size())) {
    for (int i = 0; i < count_; ++i) {
      int last = i + 1;
      for (const auto& [from, to] : chain.adds) {
        if (from == i) last = std::max(last, to);
      }
      last_reader_.push_back(last);
    }
  }

  std::vector<std::pair<double, double>> front() {
    std::vector<std::pair<double, double>> all;
    for (const ChainLabel& label : from(0, {})) all.emplace_back(label.cost.energy_pj, label.cost.cycles);
    return all;
  }

  ChainSchedule run() {
    const std::vector<ChainLabel>& labels = from(0, {});
    ChainSchedule best;
    std::size_t chosen = 0;
    for (std::size_t l = 0; l < labels.size(); ++l) {
      const ChainCost& cost = labels[l].cost;
      if (best.feasible && cost.energy_pj * cost.cycles >= best.edp()) continue;
      best.feasible = true;
      best.energy_pj = cost.energy_pj, best.cycles = cost.cycles;
      chosen = l;
    }
    int layer = 0;
    Alive alive;
    while (best.feasible && layer < count_) {
      const ChainLabel label = from(layer, alive)[chosen];
      if (label.step.in_buffer) best.in_buffer.push_back(layer);
      if (label.step.group) best.groups.push_back(*label.step.group);
      layer = label.next, alive = label.alive, chosen = label.rest;
    }
    return best;
  }

 private:
  const ChainLayer& layer(int i) const { return chain_.layers[static_cast<std::size_t>(i)]; }

  // All non-dominated ways from a layer to the end.
  const std::vector<ChainLabel>& from(int i, Alive alive) {
    std::erase_if(alive, [&](int producer) { return last_reader_[static_cast<std::size_t>(producer)] < i; });
    const auto key = std::pair(i, alive);
    if (const auto known = ways_.find(key); known != ways_.end()) return known->second;
    std::vector<ChainLabel> labels;
    if (i == count_) {
      labels.push_back({});
    } else {
      alone(i, alive, labels);
      if (fusion_ == Fusion::bands) groups(i, alive, labels);
    }
    return ways_[key] = non_dominated(std::move(labels));
  }

  static std::vector<ChainLabel> non_dominated(std::vector<ChainLabel> labels) {
    std::stable_sort(labels.begin(), labels.end(),
                     [](const ChainLabel& a, const ChainLabel& b) { return a.cost < b.cost; });
    std::vector<ChainLabel> front;
    for (ChainLabel& label : labels) {
      if (front.empty() || label.cost.cycles < front.back().cost.cycles) front.push_back(std::move(label));
    }
    return front;
  }

  void extend(const Front& here, const Step& step, int next, const Alive& alive, std::vector<ChainLabel>& labels) {
    if (here.empty()) return;
    const std::vector<ChainLabel>& rest = from(next, alive);
    for (const ChainCost& cost : here) {
      for (std::size_t r = 0; r < rest.size(); ++r) {
        labels.push_back(
            {{cost.energy_pj + rest[r].cost.energy_pj, cost.cycles + rest[r].cost.cycles}, step, next, alive, r});
      }
    }
  }

  std::int64_t reserved(const Alive& alive) const {
    std::int64_t words = 0;
    for (const int producer : alive) words += layer(producer).output_words();
    return words;
  }

  // One more read of each result that is added to this layer's, from its home.
  ChainCost additions(int i, const Alive& alive) const {
    ChainCost cost;
    for (const auto& [from, to] : chain_.adds) {
      if (to != i) continue;
      const auto words = static_cast<double>(layer(from).output_words());
      if (alive.contains(from)) {
        cost.energy_pj += words * chain_.machine.buffer_pj;
      } else {
        cost.energy_pj += words * chain_.machine.dram_pj;
        cost.cycles += words / chain_.machine.bandwidth_words_per_cycle;
      }
    }
    return cost;
  }

  void alone(int i, const Alive& alive, std::vector<ChainLabel>& labels) {
    for (const bool home : {false, true}) {
      if (home && (i + 1 == count_ || fusion_ == Fusion::none)) continue;
      ChainRoom room;
      room.input = alive.contains(i - 1);
      room.output = home;
      room.capacity_words = chain_.machine.capacity_words - reserved(alive) - (home ? layer(i).output_words() : 0);
      Alive next = alive;
      if (home) next.insert(i);
      extend(sum(front(layer(i), room), {additions(i, alive)}), {home, std::nullopt}, i + 1, next, labels);
    }
  }

  void groups(int i, const Alive& alive, std::vector<ChainLabel>& labels) {
    if (alive.contains(i - 1)) return;  // the input of a group lives in DRAM
    for (int j = i + 1; j < count_ && may_group(i, j); ++j) {
      for (std::int64_t bands = 2; bands <= layer(j).rows; ++bands) {
        if (layer(j).rows % bands != 0) continue;
        for (const bool pinned : {false, true}) {
          for (const bool retain : {false, true}) {
            const ChainGroup group{i, j, bands, pinned, retain};
            extend(cost(group, alive), {false, group}, j + 1, alive, labels);
          }
        }
      }
    }
  }

  // No addition reads a result inside the group or lands on one of its layers.
  bool may_group(int i, int j) const {
    return std::none_of(chain_.adds.begin(), chain_.adds.end(), [&](const auto& add) {
      return (add.first >= i && add.first < j) || (add.second >= i && add.second <= j);
    });
  }

  ChainLayer with_rows(int i, std::int64_t rows) const {
    ChainLayer part = layer(i);
    part.rows = rows;
    return part;
  }

  Front cost(const ChainGroup& group, const Alive& alive) {
    const auto size = static_cast<std::size_t>(group.last - group.first) + 1;
    // Rows of every layer that a band needs, and those by which the next band moves on.
    std::vector<std::int64_t> need(size), move(size);
    need.back() = move.back() = layer(group.last).rows / group.bands;
    for (std::size_t l = size - 1; l-- > 0;) {
      const ChainLayer& reader = layer(group.first + static_cast<int>(l) + 1);
      need[l] = reader.stride * (need[l + 1] - 1) + reader.taps;
      move[l] = reader.stride * move[l + 1];
    }
    std::int64_t pinned_words = 0, all_bands = 0;
    std::vector<std::int64_t> band(size, 0);  // words of the results inside the group
    for (std::size_t l = 0; l < size; ++l) {
      const int i = group.first + static_cast<int>(l);
      if (group.pinned) pinned_words += layer(i).weight_words();
      if (l + 1 < size) band[l] = with_rows(i, need[l]).output_words();
      all_bands += band[l];
    }
    const auto weights = static_cast<double>(pinned_words);
    Front total = {{weights * (chain_.machine.dram_pj + chain_.machine.buffer_pj),
                    weights / chain_.machine.bandwidth_words_per_cycle}};
    for (std::size_t l = 0; l < size; ++l) {
      const int i = group.first + static_cast<int>(l);
      const std::int64_t own = (l > 0 ? band[l - 1] : 0) + band[l];
      ChainRoom room;
      room.capacity_words =
          chain_.machine.capacity_words - reserved(alive) - pinned_words - (group.retain ? all_bands : own);
      room.input = l > 0, room.weights = group.pinned, room.output = l + 1 < size;
      const Front& first = front(with_rows(i, need[l]), room);
      if (first.empty()) return {};
      if (group.retain && move[l] < need[l]) {
        const Front& later = front(with_rows(i, move[l]), room);
        if (later.empty()) return {};
        total = sum(sum(total, first), times(later, group.bands - 1));
      } else {
        total = sum(total, times(first, group.bands));
      }
    }
    return total;
  }

  const Front& front(const ChainLayer& layer, const ChainRoom& room) {
    const auto [at, added] = fronts_.try_emplace({layer, room});
    if (added && room.capacity_words >= 0) at->second = chain_layer_front(chain_.machine, layer, room);
    return at->second;
  }

  const FusedChain& chain_;
  Fusion fusion_;
  int count_;
  std::vector<int> last_reader_;
  std::map<std::pair<int, Alive>, std::vector<ChainLabel>> ways_;
  std::map<std::pair<ChainLayer, ChainRoom>, Front> fronts_;
};

}  // namespace

ChainSchedule schedule_chain(const FusedChain& chain, Fusion fusion) {
  return Scheduling(chain, fusion).run();
}

std::vector<std::pair<double, double>> chain_front(const FusedChain& chain, Fusion fusion) {
  return Scheduling(chain, fusion).front();
}

double compulsory_edp(const FusedChain& chain) {
  const ChainMachine& machine = chain.machine;
  double energy_pj = 0.0, macs = 0.0;
  auto words = static_cast<double>(chain.layers.front().input_words());
  for (const ChainLayer& layer : chain.layers) {
    const auto own = static_cast<double>(layer.macs());
    macs += own;
    energy_pj += own * machine.mac_pj + (4.0 * own - static_cast<double>(layer.output_words())) * machine.buffer_pj;
    words += static_cast<double>(layer.weight_words());
  }
  energy_pj += words * machine.buffer_pj;  // inputs and weights fill the buffer once
  words += static_cast<double>(chain.layers.back().output_words());
  energy_pj += words * machine.dram_pj;
  for (const auto& [from, to] : chain.adds) {
    energy_pj += static_cast<double>(chain.layers[static_cast<std::size_t>(from)].output_words()) *
                 std::min(machine.dram_pj, machine.buffer_pj);
  }
  return energy_pj * std::max(macs, words / machine.bandwidth_words_per_cycle);
}

}  // namespace dovetail
