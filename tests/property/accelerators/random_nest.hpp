// Random event tables: loops over a few dimensions, bypass, ragged edges, sliding windows, every port map.
#pragma once

#include <algorithm>
#include <random>

#include <dovetail/accelerators/cycle/event_table.hpp>

namespace dovetail::testing {

struct NestOptions {
  int most_loops = 9;
  std::int64_t most_trips = 12;
  bool ragged = true, sliding = true;
  double most_steps = 20000;
};

inline EventTable random_nest(std::uint64_t seed, const NestOptions& o = {}) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  EventTable t;
  const int boundaries = static_cast<int>(pick(1, 3)), dimensions = static_cast<int>(pick(2, 5)),
            inputs = static_cast<int>(pick(1, 3));
  // Which dimension moves which tensor; the last tensor is the output.
  std::vector<std::vector<bool>> relevant;
  for (int i = 0; i <= inputs; ++i) {
    std::vector<bool> r;
    for (int d = 0; d < dimensions; ++d) r.push_back(pick(0, 2) > 0);
    r[static_cast<std::size_t>(pick(0, dimensions - 1))] = true;
    relevant.push_back(r);
  }
  std::vector<bool> ragged(static_cast<std::size_t>(dimensions), false);
  std::vector<int> edge_of(static_cast<std::size_t>(dimensions), -1);
  if (o.ragged)
    for (int d = 0; d < dimensions; ++d)
      if (pick(0, 2) == 0) edge_of[static_cast<std::size_t>(d)] = t.ragged++;
  double steps = 1;
  const auto loops = pick(1, o.most_loops);
  int level = 1;
  for (int i = 0; i < loops; ++i) {
    NestLoop l;
    l.dimension = static_cast<int>(pick(0, dimensions - 1));
    l.edge = edge_of[static_cast<std::size_t>(l.dimension)];
    l.trips = pick(2, pick(0, 3) == 0 ? o.most_trips : 4);
    l.edge_trips = l.edge >= 0 ? pick(1, l.trips) : l.trips;
    if (steps * static_cast<double>(l.trips) > o.most_steps) break;
    steps *= static_cast<double>(l.trips);
    l.reduction = !relevant.back()[static_cast<std::size_t>(l.dimension)];
    if (level < boundaries && pick(0, 2) == 0) ++level;
    l.level = level;
    t.loops.push_back(l);
  }
  const int map = static_cast<int>(pick(0, 2));  // shared; read and write; per tensor
  t.ports = 0;
  const int stride = map == 0 ? 1 : map == 1 ? 2 : 2 * (inputs + 1);
  t.ports = boundaries * stride;
  for (int tensor = 0; tensor <= inputs; ++tensor) {
    for (int b = boundaries - 1; b >= 0; --b) {
      if (pick(0, 5) == 0) continue;  // bypassed: the next one joins further up
      Stream s;
      s.output = tensor == inputs;
      s.tensor = tensor;
      s.child_level = b;
      s.parent_level = b + 1;
      s.first_loop = 0;
      while (s.first_loop < static_cast<int>(t.loops.size()) &&
             t.loops[static_cast<std::size_t>(s.first_loop)].level <= b)
        ++s.first_loop;
      s.depth = static_cast<int>(pick(1, 3));
      s.latency = pick(0, 1) ? pick(0, 20) : 0;
      s.read_port = b * stride + (map == 2 ? 2 * tensor : 0);
      s.write_port = b * stride + (map == 0 ? 0 : map == 1 ? 1 : 2 * tensor + 1);
      for (int d = 0; d < dimensions; ++d)
        if (edge_of[static_cast<std::size_t>(d)] >= 0 &&
            relevant[static_cast<std::size_t>(tensor)][static_cast<std::size_t>(d)])
          s.edge_bits[static_cast<std::size_t>(s.edges++)] =
              static_cast<std::int8_t>(edge_of[static_cast<std::size_t>(d)]);
      const auto count = static_cast<int>(t.loops.size());
      const bool sliding = o.sliding && !s.output && pick(0, 2) == 0;  // part of the tile stays
      const std::int64_t size = pick(0, 40), back = pick(0, 40);
      for (int carry = s.first_loop; carry <= count; ++carry) {
        bool moves = carry == count;  // an advancing relevant loop, or a relevant loop inside that wraps
        for (int l = s.first_loop; l <= std::min(carry, count - 1); ++l)
          moves = moves || relevant[static_cast<std::size_t>(tensor)]
                                   [static_cast<std::size_t>(t.loops[static_cast<std::size_t>(l)].dimension)];
        for (int shape = 0; shape < 1 << s.edges; ++shape) {
          Movement m;
          m.moves = moves;
          std::int64_t words = size;
          for (int e = 0; e < s.edges; ++e)
            if (shape >> e & 1) words = words * 2 / 3;
          if (sliding && carry > s.first_loop && carry % 2 == 1) words /= 2;
          m.cycles = words, m.back_cycles = back * (words + 1) / (size + 1);
          m.words = words, m.child_words = words;
          s.movements.push_back(m);
        }
      }
      t.streams.push_back(s);
    }
  }
  // Inputs outermost first, tensors in order; outputs likewise.
  std::stable_sort(t.streams.begin(), t.streams.end(), [](const Stream& a, const Stream& b) {
    if (a.output != b.output) return !a.output;
    return a.child_level != b.child_level ? a.child_level > b.child_level : a.tensor < b.tensor;
  });
  for (std::size_t s = 0; s < t.streams.size(); ++s) {
    t.inputs += t.streams[s].output ? 0 : 1;
    for (std::size_t u = 0; u < t.streams.size(); ++u)
      if (t.streams[u].tensor == t.streams[s].tensor && t.streams[u].child_level > t.streams[s].child_level)
        t.streams[s].parent = static_cast<int>(u);  // the last one found is the nearest
  }
  const bool passes = pick(0, 2) == 0, own_updates = pick(0, 2) == 0;
  for (std::size_t s = 0; s < t.streams.size(); ++s) {
    Stream& stream = t.streams[s];
    stream.feeds = std::none_of(t.streams.begin(), t.streams.end(),
                                [&](const Stream& other) { return other.parent == static_cast<int>(s); });
    stream.own_update = stream.output && own_updates;
    if (passes && stream.feeds && !stream.output) t.pass = static_cast<int>(s);
  }
  const std::int64_t c = pick(1, 60);
  for (int i = 0; i < 2 << t.ragged; ++i)
    t.step_cycles.push_back(std::max<std::int64_t>(1, c - (i % (1 << t.ragged)) * 2));
  t.result_latency = pick(0, 1) ? pick(0, 30) : 0;
  t.spill = pick(0, 3) > 0;
  if (pick(0, 3) == 0 && !t.loops.empty()) {
    t.host_loop = static_cast<int>(pick(0, static_cast<std::int64_t>(t.loops.size())));
    t.host_cycles = pick(1, 80);
  }
  return t;
}

}  // namespace dovetail::testing
