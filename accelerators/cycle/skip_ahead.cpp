// Periods and memory.
//
// Let z be the end of the last compute. Claim: a time t of the state with t <= z - H may be replaced by z - H without
// changing the end of any compute, nor any later time that exceeds z.
// Call an event free when none of its arguments is at least z. (1) Every compute ends at z or later, since it waits for
// the previous one. (2) A tile change at a boundary implies a change below it in the same step (the table is built so),
// and a tile that became current after z is used below: the m-th change of an input after z at the innermost boundary
// waits for the slot of the (m - D)-th, used by a compute after z when m > D; by induction at most N_b = D_0 + ... +
// D_b reads of boundary b are free. (3) A drain waits for the last update of its tile; tiles that became current after
// z have been updated after z, so per boundary b at most b + 1 drains are free; a new output tile waits for its slot's
// drain: at most N_b + b + 1 are free. (4) A path from t that has met only free events so far weighs at most the sum of
// the durations and latencies of all free events, H. At the first event that is not free, the path's value is at most t
// + H <= z and loses against, or equals, the argument that is at least z. So t never decides anything but times that
// are themselves at most z, and the same bound holds for those. Replacing t by z - H keeps all of this true.
#include <dovetail/accelerators/cycle/skip_ahead.hpp>

#include <cstring>

#include <dovetail/accelerators/cycle/nest_walk.hpp>

namespace dovetail {

std::int64_t memory_horizon(const EventTable& table) {
  std::int64_t horizon = table.result_latency + (table.host_queue + 1) * table.host_cycles;
  for (const Stream& s : table.streams) {
    std::int64_t most = 0, most_back = 0;
    for (const Movement& m : s.movements)
      most = std::max(most, m.cycles), most_back = std::max(most_back, m.back_cycles);
    std::int64_t depths = 0, below = 0;
    for (const Stream& t : table.streams)
      if (t.tensor == s.tensor && t.child_level <= s.child_level) depths += t.depth, ++below;
    horizon += (depths + (s.output ? below : 0)) * (most + s.latency);
    if (s.output) horizon += below * (most_back + s.latency);
  }
  return horizon;
}

namespace {

constexpr int history = 4;  ///< longest period looked for, in bodies

/// Everything that a run needs, kept between runs on the same thread.
struct Arena {
  std::vector<std::int64_t> words;  ///< stack of states
  std::size_t top = 0;
  std::vector<std::int64_t> pool;    ///< remembered bodies: key, result
  std::vector<std::uint32_t> slots;  ///< hash table into pool (offset + 1)
  std::vector<std::uint32_t> used;   ///< slots to clear
};

std::uint64_t hash(const std::int64_t* words, std::size_t count) {
  // Four independent chains, so that multiplications overlap.
  std::array<std::uint64_t, 4> h = {0x9E3779B97F4A7C15ULL, 0xC2B2AE3D27D4EB4FULL, 0x165667B19E3779F9ULL,
                                    0x27D4EB2F165667C5ULL};
  const auto mix = [](std::uint64_t a, std::int64_t word) {
    a = (a ^ static_cast<std::uint64_t>(word)) * 0xFF51AFD7ED558CCDULL;
    return a ^ a >> 32;
  };
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (std::size_t k = 0; k < 4; ++k) h[k] = mix(h[k], words[i + k]);
  for (; i < count; ++i) h[0] = mix(h[0], words[i]);
  for (std::size_t k = 1; k < 4; ++k) h[0] = mix(h[0], static_cast<std::int64_t>(h[k]));
  return h[0];
}

template <bool Count>
class Run {
 public:
  Run(const EventTable& table, Arena& arena) : table_(table), timeline_(table), walk_(table), arena_(arena) {
    times_ = static_cast<std::size_t>(timeline_.size());
    discrete_ = static_cast<std::size_t>(Count ? timeline_.discrete() : timeline_.vital());
    counters_ = Count ? static_cast<std::size_t>(timeline_.counters()) : 0;
    stride_ = times_ + static_cast<std::size_t>(timeline_.discrete()) + counters_;
    horizon_ = memory_horizon(table);
    arena_.top = 0;
    arena_.pool.clear();
    if (arena_.slots.empty()) arena_.slots.assign(table_size, 0);
    for (const std::uint32_t slot : arena_.used) arena_.slots[slot] = 0;
    arena_.used.clear();
    double steps = 1.0;
    for (const NestLoop& loop : table.loops) {
      steps *= static_cast<double>(loop.trips);
      brief_.push_back(brief_.empty() || steps <= few_steps ? 1 : 0);
    }
    const std::size_t depth = table.loops.size() + 1;
    arena_.words.resize(std::max(arena_.words.size(), (depth * (history + 3) + 1) * stride_ + depth * key_room()));
  }

  TimelineResult operator()() {
    std::int64_t* x = allocate();
    timeline_.reset(times(x), discrete(x));
    std::fill(counters(x), counters(x) + counters_, 0);
    const int loops = static_cast<int>(table_.loops.size());
    body(loops - 1, loops, walk_.start(), x);
    TimelineResult result;
    const std::int64_t last = times(x)[timeline_.now()];
    result.makespan = timeline_.finish<Count>(times(x), discrete(x), counters(x), [](const TimelineEvent&) {});
    if constexpr (Count) timeline_.report(counters(x), result);
    result.drain = result.makespan - last;
    result.executed_steps = steps_;
    return result;
  }

 private:
  static constexpr double few_steps = 6.0;  ///< a body of so few is not worth remembering
  static constexpr std::size_t table_size = 1 << 13;
  static constexpr std::size_t pool_limit = 1 << 19;

  std::int64_t* times(std::int64_t* x) const { return x; }
  std::int64_t* discrete(std::int64_t* x) const { return x + times_; }
  std::int64_t* counters(std::int64_t* x) const { return x + times_ + static_cast<std::size_t>(timeline_.discrete()); }
  std::int64_t* allocate() {
    std::int64_t* p = arena_.words.data() + arena_.top;
    arena_.top += stride_;
    return p;
  }
  void copy(std::int64_t* to, const std::int64_t* from) const { std::memcpy(to, from, stride_ * sizeof(std::int64_t)); }
  std::size_t key_room() const { return times_ + discrete_ + table_.loops.size() + 16; }

  /// All iterations of `loop`; carry: what advanced before its index 0.
  void body(int loop, int carry, const NestContext& context, std::int64_t* x) {
    if (loop < 0) {
      ++steps_;
      timeline_.step<Count>(times(x), discrete(x), counters(x), carry, context, [](const TimelineEvent&) {});
      return;
    }
    if (brief_[static_cast<std::size_t>(loop)] != 0) return iterate(loop, carry, context, x);
    const std::size_t mark = arena_.top;
    std::int64_t* key = arena_.words.data() + arena_.top;
    arena_.top += key_room();
    const std::int64_t z = times(x)[timeline_.now()];
    const std::size_t length = make_key(loop, carry, context, x, z, key);
    const std::uint64_t h = hash(key, length);
    std::size_t slot = h & (table_size - 1);
    for (; arena_.slots[slot] != 0; slot = (slot + 1) & (table_size - 1)) {
      const std::int64_t* entry = arena_.pool.data() + (arena_.slots[slot] - 1);
      if (static_cast<std::size_t>(entry[0]) == length &&
          std::memcmp(entry + 1, key, length * sizeof(std::int64_t)) == 0) {
        restore(entry + 1 + length, z, x);
        arena_.top = mark;
        return;
      }
    }
    std::int64_t* before = nullptr;
    if constexpr (Count) {
      before = allocate();
      copy(before, x);
    }
    iterate(loop, carry, context, x);
    if (arena_.used.size() < table_size / 2 && arena_.pool.size() + length + stride_ + 1 < pool_limit) {
      while (arena_.slots[slot] != 0) slot = (slot + 1) & (table_size - 1);  // inner bodies may have come in between
      arena_.slots[slot] = static_cast<std::uint32_t>(arena_.pool.size() + 1);
      arena_.used.push_back(static_cast<std::uint32_t>(slot));
      arena_.pool.push_back(static_cast<std::int64_t>(length));
      arena_.pool.insert(arena_.pool.end(), key, key + length);
      for (std::size_t i = 0; i < times_; ++i) arena_.pool.push_back(times(x)[i] - z);
      arena_.pool.insert(arena_.pool.end(), discrete(x), discrete(x) + discrete_);
      if constexpr (Count)
        for (std::size_t i = 0; i < counters_; ++i) arena_.pool.push_back(counters(x)[i] - counters(before)[i]);
    }
    arena_.top = mark;
  }

  void restore(const std::int64_t* result, std::int64_t z, std::int64_t* x) const {
    for (std::size_t i = 0; i < times_; ++i) times(x)[i] = result[i] + z;
    std::memcpy(discrete(x), result + times_, discrete_ * sizeof(std::int64_t));
    if constexpr (Count)
      for (std::size_t i = 0; i < counters_; ++i) counters(x)[i] += result[times_ + discrete_ + i];
  }

  /// What the body depends on; also replaces times beyond the horizon in x.
  std::size_t make_key(int loop, int carry, const NestContext& c, std::int64_t* x, std::int64_t z,
                       std::int64_t* key) const {
    std::size_t at = 0;
    key[at++] = static_cast<std::int64_t>(loop) << 32 | carry;
    const int reach = std::max(loop, carry);
    key[at++] =
        static_cast<std::int64_t>(c.revisit) | (static_cast<std::int64_t>(table_.spill ? 0 : c.unfinished) << 32);
    if (table_.ragged > 0) {
      key[at++] = c.edge;
      for (int l = loop + 1; l <= std::min(reach, static_cast<int>(table_.loops.size()) - 1); ++l)
        key[at++] = c.edge_at[static_cast<std::size_t>(l)];
    }
    const std::int64_t floor = z - horizon_;
    for (std::size_t i = 0; i < times_; ++i) {
      std::int64_t& t = times(x)[i];
      t = std::max(t, floor);
      key[at++] = t - z;
    }
    std::memcpy(key + at, discrete(x), discrete_ * sizeof(std::int64_t));
    return at + discrete_;
  }

  void iterate(int loop, int carry, const NestContext& context, std::int64_t* x) {
    const std::int64_t trips = walk_.trips(loop, context);
    const bool last_differs = walk_.last_differs(loop, context);
    body(loop - 1, carry, walk_.enter(loop, 0, trips, context), x);
    if (trips == 1) return;
    const std::int64_t middle = last_differs ? trips - 2 : trips - 1;
    if (middle > 0) {
      const NestContext inside = walk_.enter(loop, 1, std::max<std::int64_t>(trips, 3), context);
      repeat(loop, last_differs ? inside : walk_.enter(loop, 1, trips, context), middle, x);
    }
    if (last_differs) body(loop - 1, loop, walk_.enter(loop, trips - 1, trips, context), x);
  }

  /// `count` equal bodies.
  void repeat(int loop, const NestContext& context, std::int64_t count, std::int64_t* x) {
    const std::size_t mark = arena_.top;
    std::int64_t* past[history + 1];
    for (auto& p : past) p = allocate();
    std::int64_t* probe = allocate();
    std::int64_t done = 0, retry = 0;
    int known = 0;  // past[(done - k) % (history + 1)] is the state k bodies ago, k <= known
    copy(past[0], x);
    while (done < count) {
      body(loop - 1, loop, context, x);
      ++done;
      copy(past[done % (history + 1)], x);
      known = std::min<std::int64_t>(known + 1, history);
      if (count - done < 2 || done < retry) continue;
      for (int period = 1; period <= known; ++period) {
        const std::int64_t* old = past[(done - period) % (history + 1)];
        const std::int64_t delta = times(x)[timeline_.now()] - old[timeline_.now()];
        if (count - done < period || delta <= 0 || !same_movement(old, x, delta)) continue;
        const std::int64_t periods = certify(loop, context, old, x, delta, period, (count - done) / period, probe);
        if (periods > 0) {
          jump(old, x, delta, periods);
          done += periods * period;
          copy(past[done % (history + 1)], x);
          known = 0;
          break;
        }
        retry = done + 1 + done / 4;  // old times still matter: look again later
        break;
      }
    }
    arena_.top = mark;
  }

  /// Every time rose by delta or stayed, and the discrete part is equal.
  bool same_movement(const std::int64_t* old, const std::int64_t* x, std::int64_t delta) const {
    for (std::size_t i = 0; i < times_; ++i) {
      const std::int64_t rise = x[i] - old[i];
      if (rise != delta && rise != 0) return false;
    }
    return std::memcmp(old + times_, x + times_, discrete_ * sizeof(std::int64_t)) == 0;
  }

  /// How many further periods are certainly equal: the last period must give the same moving times without those that
  /// stayed; and a stayed time that the moving ones also reach must not be overtaken.
  std::int64_t certify(int loop, const NestContext& context, const std::int64_t* old, const std::int64_t* x,
                       std::int64_t delta, int period, std::int64_t wanted, std::int64_t* probe) {
    bool stayed = false;
    std::memcpy(probe, old, stride_ * sizeof(std::int64_t));
    for (std::size_t i = 0; i < times_; ++i)
      if (x[i] == old[i]) stayed = true, probe[i] = Timeline::never;
    if (!stayed) return wanted;
    // Without memory: it would raise what is infinitely old.
    for (int i = 0; i < period; ++i) body(loop - 1, loop, context, probe);
    for (std::size_t i = 0; i < times_; ++i) {
      if (x[i] != old[i]) {
        if (probe[i] != x[i]) return 0;
      } else {
        const std::int64_t slack = x[i] - probe[i];
        if (slack < 0) return 0;
        if (!Timeline::is_never(probe[i])) wanted = std::min(wanted, slack / delta);
      }
    }
    return wanted;
  }

  void jump(const std::int64_t* old, std::int64_t* x, std::int64_t delta, std::int64_t periods) const {
    for (std::size_t i = 0; i < times_; ++i)
      if (x[i] != old[i]) x[i] += delta * periods;
    if constexpr (Count) {
      const std::size_t first = times_ + static_cast<std::size_t>(timeline_.discrete());
      for (std::size_t i = 0; i < counters_; ++i) x[first + i] += (x[first + i] - old[first + i]) * periods;
    }
  }

  const EventTable& table_;
  Timeline timeline_;
  NestWalk walk_;
  Arena& arena_;
  std::size_t times_ = 0, discrete_ = 0, counters_ = 0, stride_ = 0;
  std::int64_t horizon_ = 0, steps_ = 0;
  std::vector<char> brief_;  ///< by loop: its body is not remembered
};

}  // namespace

TimelineResult run_skip_ahead(const EventTable& table, bool attribute) {
  thread_local Arena arena;
  return attribute ? Run<true>(table, arena)() : Run<false>(table, arena)();
}

}  // namespace dovetail
