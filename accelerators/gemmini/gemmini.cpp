// The pipeline's recurrence over the tiles, and the loops that repeat it.
#include <dovetail/accelerators/gemmini/gemmini.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <dovetail/accelerators/gemmini/costs.hpp>

namespace dovetail {
namespace {

using namespace gemmini;

std::size_t hash(const std::int64_t* words, std::size_t count) {
  std::uint64_t h = 0x9E3779B97F4A7C15ULL;
  for (std::size_t i = 0; i < count; ++i)
    h = (h ^ static_cast<std::uint64_t>(words[i])) * 0xFF51AFD7ED558CCDULL, h ^= h >> 32;
  return static_cast<std::size_t>(h);
}

class Run {
 public:
  Run(const GemminiJob& job, const GemminiConstants& constants, const GemminiDriver& driver)
      : job_(job),
        g_(constants),
        driver_(driver),
        tiles_(job),
        costs_(tiles_, constants),
        loops_(tiles_.loops()) {}

  GemminiResult operator()() {
    State s;
    Place place;
    body(static_cast<int>(loops_.size()) - 1, place, s);
    GemminiResult r;
    r.cycles = static_cast<double>(s.time[done0]) / units;
    r.load = s.sum[0], r.execute = s.sum[1], r.store = s.sum[2], r.host = s.sum[3], r.tiles = s.sum[4];
    r.fill = s.sum[5], r.wait_inputs = s.sum[6], r.wait_weights = s.sum[7], r.wait_slot = s.sum[8],
    r.wait_host = s.sum[9];
    r.drain = static_cast<double>(s.time[done0] - s.time[array_end]) / units;
    r.execute = static_cast<double>(s.time[array_end]) / units - r.fill - r.wait_inputs - r.wait_weights - r.wait_slot -
                r.wait_host;
    r.executed_tiles = executed_;
    return r;
  }

 private:
  enum { host, load_end, execute_end, store_end, array_end, done0, done1, times };
  static constexpr double units = 16.0;  ///< of a cycle: times are whole numbers, so that periods are exact
  struct State {
    std::array<std::int64_t, times> time{};
    std::array<double, 11> sum{};  ///< see add_sums
  };
  static std::int64_t in_units(double cycles) { return std::llround(std::min(cycles, 0x1p50) * units); }

  /// A tile's costs in units.
  struct Cost {
    TileCost cycles;
    std::int64_t load = 0, zero = 0, execute = 0, store = 0, load_chunk = 0, execute_chunk = 0;
  };
  using PlaceKey = std::array<std::int64_t, gemmini_dimensions + 1>;
  struct PlaceHash {
    std::size_t operator()(const PlaceKey& key) const { return hash(key.data(), key.size()); }
  };

  const Cost& cost(const Place& place) {
    PlaceKey key;
    std::copy(place.index.begin(), place.index.end(), key.begin());
    key.back() = static_cast<std::int64_t>(place.beyond) << 2 | (place.first_sum ? 1 : 0) | (place.last_sum ? 2 : 0);
    const auto [found, is_new] = known_costs_.try_emplace(key);
    Cost& c = found->second;
    if (!is_new) return c;
    c.cycles = costs_(place);
    const TileCost& t = c.cycles;
    c.load = in_units(t.load), c.zero = in_units(t.zero), c.execute = in_units(t.execute), c.store = in_units(t.store);
    c.load_chunk = in_units(t.load / t.chunks), c.execute_chunk = in_units(t.execute / t.chunks);
    return c;
  }

  void step(const Place& place, State& s) {
    ++executed_;
    const Cost& unit = cost(place);
    const TileCost& t = unit.cycles;
    auto& x = s.time;
    const double issue = job_.matmul ? g_.host_matmul : g_.host_conv;
    const std::int64_t latency = in_units(g_.load_latency), execute = unit.execute, load = unit.load;
    const std::int64_t before = x[array_end], issued = x[host], freed = x[done1] + in_units(g_.slot),
                       loaded = x[load_end];
    const std::int64_t start = std::max(x[host], x[done1] + in_units(g_.slot));
    x[host] = start + in_units(issue);
    const std::int64_t load_start = std::max(start, x[load_end]);
    x[load_end] = load_start + load;
    const std::int64_t ready = std::max(x[load_end], start + unit.zero);
    if (job_.matmul) {  // execution trails the loads block by block
      const std::int64_t first = std::max(load_start + unit.load_chunk + latency, x[execute_end]);
      x[execute_end] = std::max(first + execute, ready + latency + unit.execute_chunk);
    } else {
      x[execute_end] = std::max(ready + latency, x[execute_end]) + execute;
    }
    const std::int64_t store_start = std::max(x[execute_end], x[store_end]);
    std::int64_t finished = x[execute_end] + in_units(2.0 * job_.dim + g_.execute_latency);
    if (t.store > 0.0) {
      x[store_end] = store_start + unit.store;
      finished = std::max(finished, x[store_end] + in_units(g_.store_latency));
    }
    x[done1] = x[done0];
    x[done0] = std::max(x[done0], finished);
    s.sum[0] += t.load, s.sum[1] += t.execute, s.sum[2] += t.store, s.sum[3] += issue, s.sum[4] += 1.0;
    // Why the array waited: the last of what its start needed.
    x[array_end] = x[execute_end];
    const auto gap = static_cast<double>(x[array_end] - before - execute) / units;
    const bool waits_for_loads = load_start == loaded && loaded > start;
    std::size_t cause = t.load_weights > 0.5 * t.load ? 7 : 6;
    if (before == 0)
      cause = 5;
    else if (!waits_for_loads && start == freed)
      cause = 8;
    else if (!waits_for_loads && start == issued)
      cause = 9;
    s.sum[cause] += gap;
    if (driver_.sink) {
      const auto cycles = [](std::int64_t time) { return static_cast<double>(time) / units; };
      driver_.sink({place.index, cycles(start), cycles(load_start), cycles(load_start + load),
                    cycles(x[execute_end] - execute), cycles(x[execute_end]), cycles(store_start),
                    cycles(store_start + unit.store), cycles(finished)});
    }
    settle(x);
  }

  /// Raises times that cannot matter any more to the least value that matters: the host waits for a slot, loads for the
  /// host, the array for loads, stores for the array. Exact, and it makes equal situations look equal.
  void settle(std::array<std::int64_t, times>& x) const {
    x[host] = std::max(x[host], x[done1] + in_units(g_.slot));
    x[load_end] = std::max(x[load_end], x[host]);
    x[execute_end] = std::max(x[execute_end], x[load_end]);
    x[store_end] = std::max(x[store_end], x[execute_end]);
  }

  // ---- the loops -------------------------------------------------------------------------------------------------

  using Key = std::array<std::int64_t, gemmini_dimensions + 3 + times>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return hash(key.data(), key.size()); }
  };

  Key key_of(int loop, const Place& place, const State& s) const {
    Key key{};
    std::size_t k = 0;
    for (int d = 0; d < gemmini_dimensions; ++d) key[k++] = place.index[at(d)];
    key[k++] = place.beyond;
    key[k++] = loop;
    key[k++] = (place.first_sum ? 1 : 0) + (place.last_sum ? 2 : 0);
    for (std::size_t t = 0; t < times; ++t) key[k++] = s.time[t] - s.time[done0];
    return key;
  }

  /// All tiles inside a loop body; bodies met before in the same situation are added from memory.
  void body(int loop, const Place& around, State& s) {
    if (executed_ >= driver_.most_tiles) return;
    if (loop < 0) return step(around, s);
    if (driver_.step_by_step) return every(loop, around, s);
    if (loop == 0) return iterate(loop, around, s);
    const Key key = key_of(loop, around, s);
    const State before = s;
    const auto known = memory_.find(key);
    if (known != memory_.end()) {
      for (std::size_t t = 0; t < times; ++t) s.time[t] = before.time[done0] + known->second.time[t];
      for (std::size_t k = 0; k < s.sum.size(); ++k) s.sum[k] += known->second.sum[k];
      return;
    }
    iterate(loop, around, s);
    if (memory_.size() > 4096) return;
    State& rise = memory_[key];
    for (std::size_t t = 0; t < times; ++t) rise.time[t] = s.time[t] - before.time[done0];
    for (std::size_t k = 0; k < s.sum.size(); ++k) rise.sum[k] = s.sum[k] - before.sum[k];
  }

  void iterate(int loop, const Place& around, State& s) {
    const int d = loops_[static_cast<std::size_t>(loop)];
    const bool reduction = d == gemmini_c || d == gemmini_r || d == gemmini_s;
    for (const Segment& segment : tiles_.segments(d)) {
      // The first index of a loop and the last one of a reduction are special; what lies between repeats.
      for (std::int64_t done = 0; done < segment.count;) {
        const std::int64_t index = segment.index + done;
        const bool first = index == 0, last = index + 1 == tiles_.count(d);
        std::int64_t equal = 1;
        if (!first && !last) {
          const bool ends = segment.index + segment.count == tiles_.count(d);
          equal = segment.count - done - (ends && reduction ? 1 : 0);
        }
        Place inside = around;
        inside.index[at(d)] = segment.index;
        if (reduction) inside.first_sum = inside.first_sum && first, inside.last_sum = inside.last_sum && last;
        if (!first) inside.beyond |= 1U << loop;
        repeat(loop, inside, equal, s);
        done += equal;
      }
    }
  }

  /// All indices one after the other, each at its own place.
  void every(int loop, const Place& around, State& s) {
    const int d = loops_[static_cast<std::size_t>(loop)];
    const bool reduction = d == gemmini_c || d == gemmini_r || d == gemmini_s;
    for (std::int64_t index = 0; index < tiles_.count(d) && executed_ < driver_.most_tiles; ++index) {
      Place inside = around;
      inside.index[at(d)] = index;
      if (reduction) {
        inside.first_sum = inside.first_sum && index == 0;
        inside.last_sum = inside.last_sum && index + 1 == tiles_.count(d);
      }
      if (index > 0) inside.beyond |= 1U << loop;
      body(loop - 1, inside, s);
    }
  }

  /// `count` equal bodies; once some of them move the state by a constant, the rest is multiplied.
  void repeat(int loop, const Place& inside, std::int64_t count, State& s) {
    constexpr std::int64_t history = 4;
    std::array<State, history + 1> past;
    past[0] = s;
    for (std::int64_t i = 1; i <= count; ++i) {
      body(loop - 1, inside, s);
      past[static_cast<std::size_t>(i % (history + 1))] = s;
      for (std::int64_t period = 1; period <= std::min(i, history) && count - i >= period; ++period) {
        const State& old = past[static_cast<std::size_t>((i - period) % (history + 1))];
        const std::int64_t delta = s.time[done0] - old.time[done0];
        bool steady = true;  // every time moved by delta: a max-plus map does the same again
        for (std::size_t t = 0; t < times; ++t) steady = steady && s.time[t] - old.time[t] == delta;
        if (!steady) continue;
        const std::int64_t periods = (count - i) / period;
        for (std::size_t t = 0; t < times; ++t) s.time[t] += periods * delta;
        for (std::size_t k = 0; k < s.sum.size(); ++k)
          s.sum[k] += static_cast<double>(periods) * (s.sum[k] - old.sum[k]);
        for (std::int64_t left = count - i - periods * period; left > 0; --left) body(loop - 1, inside, s);
        return;
      }
    }
  }

  const GemminiJob& job_;
  const GemminiConstants& g_;
  const GemminiDriver& driver_;
  Tiles tiles_;
  TileCosts costs_;
  const std::vector<int>& loops_;
  std::int64_t executed_ = 0;
  std::unordered_map<Key, State, KeyHash> memory_;
  std::unordered_map<PlaceKey, Cost, PlaceHash> known_costs_;
};

}  // namespace

GemminiResult run_gemmini(const GemminiJob& job, const GemminiConstants& constants) {
  return Run(job, constants, {})();
}

GemminiResult run_gemmini(const GemminiJob& job, const GemminiConstants& constants, const GemminiDriver& driver) {
  return Run(job, constants, driver)();
}

}  // namespace dovetail
