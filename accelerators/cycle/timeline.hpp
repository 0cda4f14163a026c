// The step of the timeline: one max-plus linear map of the state per step, in a fixed order of in-order ports.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/accelerators/cycle/event_table.hpp>

namespace dovetail {

/// Where the nest stands, beyond the advancing loop: what decides how large the moving tiles are.
struct NestContext {
  std::uint16_t edge = 0;        ///< edge bits now
  std::uint16_t kept = 0;        ///< entries of edge_at that mean something: none without ragged dimensions
  std::uint32_t revisit = 0;     ///< bit per stream: some reduction loop above the child has index > 0
  std::uint32_t unfinished = 0;  ///< bit per stream: some reduction loop above the child is not at its last index
  std::array<std::uint16_t, max_nest_loops + 1> edge_at;  ///< edge bits after loop i was entered

  NestContext() : edge_at{} {}
  /// Copied for every loop body: only what means something.
  NestContext(const NestContext& o)  // NOLINT(cppcoreguidelines-pro-type-member-init)
      : edge(o.edge),
        kept(o.kept),
        revisit(o.revisit),
        unfinished(o.unfinished) {
    std::copy_n(o.edge_at.begin(), kept, edge_at.begin());
  }
  NestContext& operator=(const NestContext&) = default;
};

/// What a naive run shows of every event, for traces and functional checks.
struct TimelineEvent {
  enum class Kind { read, write_back, compute } kind = Kind::compute;
  int stream = -1;
  std::int64_t start = 0, end = 0;  ///< time units
  std::int64_t words = 0;
};

/// The state and its step. Times of ports, arrivals, slots and updates live in `x`, all starting at 0 (section 2.2 of
/// the semantics: inputs outermost first; drains innermost first; new output tiles outermost first; compute).
/// Discrete memory (what the tile in hand costs to drain, labels of causes) lives in `q`.
class Timeline {
 public:
  static constexpr std::int64_t never = -(std::int64_t{1} << 60);
  static constexpr bool is_never(std::int64_t t) { return t < never / 2; }

  explicit Timeline(const EventTable& table) : table_(table) {
    int at = 0;
    now_ = at++;
    host_ = at, at += 1 + table.host_queue;
    ports_ = at, at += table.ports;
    for (std::size_t s = 0; s < table.streams.size(); ++s) {
      arrival_[s] = at++;
      slots_[s] = at, at += table.streams[s].depth;
      update_[s] = table.streams[s].output ? at++ : -1;
      memory_update_[s] = table.streams[s].output && table.streams[s].parent < 0 ? at++ : -1;
    }
    size_ = at;
    int discrete = 0;
    for (std::size_t s = 0; s < table.streams.size(); ++s) pending_[s] = discrete++;
    vital_ = discrete;
    labels_ = discrete, discrete += static_cast<int>(table.streams.size());
    users_ = discrete, discrete += table.ports;
    pending_words_ = discrete, discrete += static_cast<int>(table.streams.size());
    discrete_ = discrete;
    const auto streams = static_cast<int>(table.streams.size());
    stalls_ = 0;
    words_ = streams * stall_causes + 1;
    back_words_ = words_ + streams;
    port_busy_ = back_words_ + streams;
    busy_ = port_busy_ + table.ports;
    fill_ = busy_ + 1;
    counters_ = fill_ + 1;
    const int loops = static_cast<int>(table.loops.size());
    active_.reserve(static_cast<std::size_t>((loops + 1) * streams));
    for (int carry = 0; carry <= loops; ++carry) {
      for (int s = 0; s < streams; ++s)
        if (table.streams[static_cast<std::size_t>(s)].first_loop <= carry) active_.push_back(s);
      active_end_[static_cast<std::size_t>(carry)] = static_cast<int>(active_.size());
    }
    for (int s = 0; s < streams; ++s) {
      const bool feeds =
          std::any_of(table.streams.begin(), table.streams.end(), [&](const Stream& t) { return t.parent == s; });
      if (!feeds) inner_.push_back(s);
    }
  }

  int size() const { return size_; }
  int discrete() const { return discrete_; }
  int vital() const { return vital_; }  ///< the first of the discrete values: all that times depend on
  int counters() const { return counters_; }
  int now() const { return now_; }
  const EventTable& table() const { return table_; }

  /// All times 0, nothing in hand.
  void reset(std::int64_t* x, std::int64_t* q) const {
    std::fill(x, x + size_, 0);
    std::fill(q, q + discrete_, 0);
    for (std::size_t s = 0; s < table_.streams.size(); ++s) q[pending_[s]] = -1;
  }

  /// One step whose advancing loop is `carry` (number of loops: the first step). `n`: counters when Count, `sink`:
  /// called with every TimelineEvent.
  template <bool Count, class Sink>
  void step(std::int64_t* x, std::int64_t* q, std::int64_t* n, int carry, const NestContext& c, Sink&& sink) const {
    if (table_.host_loop >= 0 && carry >= table_.host_loop) {
      const int queue = table_.host_queue;
      const std::int64_t start = std::max(x[host_], x[host_ + queue]);
      x[host_] = start + table_.host_cycles;
      for (int i = queue; i > 1; --i) x[host_ + i] = x[host_ + i - 1];
      x[host_ + 1] = x[host_];
    }
    const std::int64_t issued = x[host_];
    const int begin = carry == 0 ? 0 : active_end_[static_cast<std::size_t>(carry) - 1];
    const std::span<const int> active(active_.data() + begin,
                                      active_.data() + active_end_[static_cast<std::size_t>(carry)]);
    const bool begins = begins_pass(carry, c);
    std::size_t inputs = 0;
    for (; inputs < active.size() && active[inputs] < table_.inputs; ++inputs) {
      const int s = active[inputs];
      const Stream& stream = table_.streams[static_cast<std::size_t>(s)];
      const Movement& m = movement(stream, carry, c);
      if (!m.moves) continue;
      std::int64_t* slots = x + slots_[s];
      std::int64_t& port = x[ports_ + stream.read_port];
      const std::int64_t above = stream.parent >= 0 ? x[arrival_[stream.parent]] : never;
      const std::int64_t free = slots[stream.depth - 1];
      const std::int64_t slot = begins && stream.feeds ? std::max(free, x[now_]) : free;
      const std::int64_t start = std::max(std::max(port, above), std::max(slot, issued));
      const std::int64_t end = start + m.cycles;
      if constexpr (Count) {
        label(q, s, start, port, above, slot, issued, m.cycles, false);
        n[words_ + s] += m.words;
        n[port_busy_ + stream.read_port] += m.cycles;
      }
      sink(TimelineEvent{TimelineEvent::Kind::read, s, start, end, m.words});
      port = end;
      x[arrival_[s]] = end + stream.latency;
      push(slots, stream.depth, end);
      if (stream.parent >= 0) raise(x[slots_[stream.parent]], end);
    }
    for (std::size_t i = active.size(); i-- > inputs;) {
      const int s = active[i];
      if (movement(table_.streams[static_cast<std::size_t>(s)], carry, c).moves) drain<Count>(x, q, n, s, sink);
    }
    for (std::size_t i = inputs; i < active.size(); ++i) {
      const int s = active[i];
      const Stream& stream = table_.streams[static_cast<std::size_t>(s)];
      const Movement& m = movement(stream, carry, c);
      if (!m.moves) continue;
      std::int64_t* slots = x + slots_[s];
      const std::int64_t above = stream.parent >= 0 ? x[arrival_[stream.parent]] : never;
      const std::int64_t slot = slots[stream.depth - 1];
      const std::int64_t available = std::max(slot, above);
      std::int64_t arrival = available;
      if (table_.spill && (c.revisit >> s & 1U)) {
        std::int64_t& port = x[ports_ + stream.read_port];
        const std::int64_t updated =
            stream.own_update ? never : x[stream.parent >= 0 ? update_[stream.parent] : memory_update_[s]];
        const std::int64_t start = std::max(std::max(available, port), updated);
        const std::int64_t end = start + m.cycles;
        if constexpr (Count) {
          label(q, s, start, port, above, slot, updated, m.cycles, true);
          n[words_ + s] += m.words;
          n[port_busy_ + stream.read_port] += m.cycles;
        }
        sink(TimelineEvent{TimelineEvent::Kind::read, s, start, end, m.words});
        port = end;
        arrival = end + stream.latency;
        if (stream.parent >= 0) raise(x[slots_[stream.parent]], end);
      } else if constexpr (Count) {
        q[labels_ + s] = above > slot ? q[labels_ + stream.parent] : cause(s, StallCause::depth);
      }
      x[arrival_[s]] = arrival;
      push(slots, stream.depth, arrival);
      const bool leaves = table_.spill || !(c.unfinished >> s & 1U);
      q[pending_[s]] = leaves ? m.back_cycles : -1;
      if constexpr (Count) pending_words(q, s) = m.words;
    }
    compute<Count>(x, q, n, carry, c, sink);
  }

  /// After the last step: output tiles drain, innermost first. Returns the makespan.
  template <bool Count, class Sink>
  std::int64_t finish(std::int64_t* x, std::int64_t* q, std::int64_t* n, Sink&& sink) const {
    for (std::size_t s = table_.streams.size(); s-- > static_cast<std::size_t>(table_.inputs);)
      drain<Count>(x, q, n, static_cast<int>(s), sink);
    return *std::max_element(x, x + size_);
  }

  /// Puts counters into a result.
  void report(const std::int64_t* n, TimelineResult& r) const {
    const auto streams = table_.streams.size();
    r.stalls.assign(n + stalls_, n + words_);
    r.words.assign(n + words_, n + words_ + streams);
    r.back_words.assign(n + back_words_, n + back_words_ + streams);
    r.port_busy.assign(n + port_busy_, n + port_busy_ + table_.ports);
    r.busy = n[busy_];
    r.fill = n[fill_];
  }

  /// Movement of a stream at a step.
  static const Movement& movement(const Stream& stream, int carry, const NestContext& c) {
    auto index = static_cast<std::size_t>(carry - stream.first_loop);
    if (stream.edges > 0) {
      const unsigned bits = c.edge_at[static_cast<std::size_t>(stream.first_loop)];
      unsigned shape = 0;
      for (int e = 0; e < stream.edges; ++e) shape |= (bits >> stream.edge_bits[static_cast<std::size_t>(e)] & 1U) << e;
      index = index << stream.edges | shape;
    }
    return stream.movements[index];
  }

 private:
  static void raise(std::int64_t& a, std::int64_t b) { a = std::max(a, b); }
  static void push(std::int64_t* slots, int depth, std::int64_t value) {
    for (int i = depth - 1; i > 0; --i) slots[i] = slots[i - 1];
    slots[0] = value;
  }
  static std::int64_t cause(int stream, StallCause why) { return stream * stall_causes + static_cast<int>(why); }
  /// Whether the stream that begins passes moves at this step.
  bool begins_pass(int carry, const NestContext& c) const {
    if (table_.pass < 0) return false;
    const Stream& stream = table_.streams[static_cast<std::size_t>(table_.pass)];
    return carry >= stream.first_loop && movement(stream, carry, c).moves;
  }
  std::int64_t& pending_words(std::int64_t* q, int s) const { return q[pending_words_ + s]; }

  /// Why a transfer could not start earlier: the first of port, parent, slot, last that is latest.
  void label(std::int64_t* q, int s, std::int64_t start, std::int64_t port, std::int64_t above, std::int64_t slot,
             std::int64_t last, std::int64_t cycles, bool last_is_update) const {
    const Stream& stream = table_.streams[static_cast<std::size_t>(s)];
    const int p = stream.read_port;
    std::int64_t& mine = q[labels_ + s];
    if (start == port)
      mine = cause(s, q[users_ + p] != stream.tensor + 1 && q[users_ + p] != 0 ? StallCause::port
                      : stream.latency > cycles                                ? StallCause::latency
                                                                               : StallCause::bandwidth);
    else if (start == above)
      mine = q[labels_ + stream.parent];
    else if (start == slot)
      mine = cause(s, StallCause::depth);
    else if (start == last)
      mine = last_is_update ? cause(s, StallCause::update) : host_label();
    q[users_ + p] = stream.tensor + 1;
  }
  std::int64_t host_label() const { return static_cast<std::int64_t>(table_.streams.size()) * stall_causes; }

  template <bool Count, class Sink>
  void drain(std::int64_t* x, std::int64_t* q, std::int64_t* n, int s, Sink&& sink) const {
    const std::int64_t cycles = q[pending_[s]];
    if (cycles < 0) return;
    const Stream& stream = table_.streams[static_cast<std::size_t>(s)];
    std::int64_t& port = x[ports_ + stream.write_port];
    const std::int64_t start = std::max(port, x[update_[s]]), end = start + cycles;
    port = end;
    raise(x[slots_[s]], end);
    if (stream.parent >= 0) {
      raise(x[update_[stream.parent]], end + stream.latency);
      raise(x[slots_[stream.parent]], end + stream.latency);
    } else {
      raise(x[memory_update_[s]], end + stream.latency);
    }
    q[pending_[s]] = -1;
    if constexpr (Count) {
      q[users_ + stream.write_port] = stream.tensor + 1;
      n[back_words_ + s] += pending_words(q, s);
      n[port_busy_ + stream.write_port] += cycles;
      sink(TimelineEvent{TimelineEvent::Kind::write_back, s, start, end, pending_words(q, s)});
    } else {
      sink(TimelineEvent{TimelineEvent::Kind::write_back, s, start, end, 0});
    }
  }

  template <bool Count, class Sink>
  void compute(std::int64_t* x, std::int64_t* q, std::int64_t* n, int carry, const NestContext& c, Sink&& sink) const {
    std::int64_t start = std::max(x[now_], x[host_]);
    std::int64_t why = host_label();
    const unsigned revisit = c.revisit >> table_.streams.size() & 1U;
    for (const int s : inner_) {
      if (x[arrival_[s]] > start) {
        start = x[arrival_[s]];
        if constexpr (Count) why = q[labels_ + s];
      }
    }
    const std::int64_t cycles = table_.step_cycles[(revisit << table_.ragged) | c.edge];
    const std::int64_t end = start + cycles;
    if constexpr (Count) {
      if (carry == static_cast<int>(table_.loops.size()))
        n[fill_] = start;
      else
        n[stalls_ + why] += start - x[now_];
      n[busy_] += cycles;
    }
    sink(TimelineEvent{TimelineEvent::Kind::compute, -1, start, end, 0});
    x[now_] = end;
    raise(x[host_ + 1], end);
    for (const int s : inner_) {
      if (s >= table_.inputs)
        raise(x[update_[s]], end + table_.result_latency);
      else
        raise(x[slots_[s]], end);
    }
  }

  const EventTable& table_;
  int size_ = 0, discrete_ = 0, vital_ = 0, pending_words_ = 0, counters_ = 0;
  int now_ = 0, host_ = 0, ports_ = 0, labels_ = 0, users_ = 0;
  int stalls_ = 0, words_ = 0, back_words_ = 0, port_busy_ = 0, busy_ = 0, fill_ = 0;
  std::array<int, max_streams> arrival_{}, slots_{}, update_{}, memory_update_{}, pending_{};
  std::vector<int> active_;  ///< streams that may move, by advancing loop one after the other
  std::array<int, max_nest_loops + 1> active_end_{};
  std::vector<int> inner_;  ///< streams that feed the compute or take its results
};

}  // namespace dovetail
