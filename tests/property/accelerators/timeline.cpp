// Skip-ahead = naive = max-plus matrices, and what must hold for every nest.
#include <cstdlib>

#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/max_plus.hpp>
#include <dovetail/accelerators/cycle/naive_timeline.hpp>
#include <dovetail/accelerators/cycle/skip_ahead.hpp>

#include "property/accelerators/random_nest.hpp"

using namespace dovetail;
using testing::NestOptions;
using testing::random_nest;

namespace {

/// Nests of a run: thousands, or DOVETAIL_NESTS of them.
std::uint64_t nests(std::uint64_t usual) {
  const char* wanted = std::getenv("DOVETAIL_NESTS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual;
}

}  // namespace

TEST_CASE("skip-ahead equals the step by step timeline, attribution and counts included") {
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < nests(3000); ++seed) {
    const EventTable t = random_nest(seed);
    const TimelineResult naive = run_naive(t), fast = run_skip_ahead(t), whole = run_skip_ahead(t, true);
    const bool equal = naive.makespan == fast.makespan && naive.makespan == whole.makespan &&
                       naive.drain == fast.drain && naive.busy == whole.busy && naive.fill == whole.fill &&
                       naive.stalls == whole.stalls && naive.words == whole.words &&
                       naive.back_words == whole.back_words && naive.port_busy == whole.port_busy;
    if (!equal && wrong++ < 5) {
      CAPTURE(seed);
      CHECK(naive.makespan == fast.makespan);
      CHECK(naive.makespan == whole.makespan);
      CHECK(naive.stalls == whole.stalls);
      CHECK(naive.words == whole.words);
      CHECK(naive.back_words == whole.back_words);
    }
    if (naive.executed_steps != t.steps()) CHECK(naive.executed_steps == t.steps());
  }
  CHECK(wrong == 0);
}

TEST_CASE("max-plus matrices give the same makespan") {
  NestOptions small;
  small.most_loops = 6;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < nests(3000) / 10; ++seed) {
    const EventTable t = random_nest(seed + 1000000, small);
    if (max_plus_makespan(t) != run_skip_ahead(t).makespan && wrong++ < 5) {
      CAPTURE(seed);
      CHECK(max_plus_makespan(t) == run_naive(t).makespan);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("busy, stalls, fill and drain add up to the makespan, which no bound exceeds") {
  for (std::uint64_t seed = 0; seed < nests(3000); ++seed) {
    const EventTable t = random_nest(seed + 2000000);
    const TimelineResult r = run_skip_ahead(t, true);
    std::int64_t sum = r.busy + r.fill + r.drain;
    for (const std::int64_t s : r.stalls) {
      if (s < 0) CHECK(s >= 0);
      sum += s;
    }
    bool fine = sum == r.makespan && r.makespan >= r.busy;
    for (const std::int64_t p : r.port_busy) fine = fine && r.makespan >= p;
    if (!fine) {
      CAPTURE(seed);
      CHECK(sum == r.makespan);
    }
  }
}

TEST_CASE("faster transfers, less latency, shorter steps and deeper buffers never slow a nest down") {
  for (std::uint64_t seed = 0; seed < nests(3000); ++seed) {
    const EventTable before = random_nest(seed + 3000000);
    EventTable after = before;
    if (after.streams.empty()) continue;
    Stream& s = after.streams[seed % after.streams.size()];
    switch (seed / 7 % 5) {
      case 0:
        for (Movement& m : s.movements) m.cycles /= 2;
        break;
      case 1:
        for (Movement& m : s.movements) m.back_cycles /= 2;
        break;
      case 2:
        s.latency /= 2;
        break;
      case 3:
        s.depth += 1;
        break;
      case 4:
        for (auto& c : after.step_cycles) c = (c + 1) / 2;
        after.result_latency /= 2;
        after.host_cycles /= 2;
        break;
    }
    if (run_skip_ahead(after).makespan > run_skip_ahead(before).makespan) {
      CAPTURE(seed);
      CHECK(run_skip_ahead(after).makespan <= run_skip_ahead(before).makespan);
    }
  }
}
