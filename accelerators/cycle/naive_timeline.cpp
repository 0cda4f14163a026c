// An odometer over the loops.
#include <dovetail/accelerators/cycle/naive_timeline.hpp>

#include <dovetail/accelerators/cycle/nest_walk.hpp>

namespace dovetail {
namespace {

using Sink = std::function<void(const TimelineEvent&, const std::vector<std::int64_t>&)>;

struct NaiveRun {
  const EventTable& table;
  const Sink& sink;
  std::int64_t most_steps;
  Timeline timeline{table};
  NestWalk walk{table};
  std::vector<std::int64_t> x{}, q{}, n{}, indices{};
  std::int64_t steps = 0;

  void body(int loop, int carry, const NestContext& context) {
    if (steps >= most_steps) return;
    if (loop < 0) {
      ++steps;
      if (sink)
        timeline.step<true>(x.data(), q.data(), n.data(), carry, context,
                            [&](const TimelineEvent& event) { sink(event, indices); });
      else
        timeline.step<true>(x.data(), q.data(), n.data(), carry, context, [](const TimelineEvent&) {});
      return;
    }
    const std::int64_t trips = walk.trips(loop, context);
    for (std::int64_t i = 0; i < trips; ++i) {
      indices[static_cast<std::size_t>(loop)] = i;
      body(loop - 1, i == 0 ? carry : loop, walk.enter(loop, i, trips, context));
    }
    indices[static_cast<std::size_t>(loop)] = 0;
  }
};

}  // namespace

TimelineResult run_naive(const EventTable& table, const Sink& sink, std::int64_t most_steps) {
  NaiveRun run{table, sink, most_steps};
  run.x.resize(static_cast<std::size_t>(run.timeline.size()));
  run.q.resize(static_cast<std::size_t>(run.timeline.discrete()));
  run.n.assign(static_cast<std::size_t>(run.timeline.counters()), 0);
  run.indices.assign(table.loops.size(), 0);
  run.timeline.reset(run.x.data(), run.q.data());
  const int loops = static_cast<int>(table.loops.size());
  run.body(loops - 1, loops, run.walk.start());
  const std::int64_t last = run.x[static_cast<std::size_t>(run.timeline.now())];
  TimelineResult result;
  result.makespan =
      run.timeline.finish<true>(run.x.data(), run.q.data(), run.n.data(), [&](const TimelineEvent& event) {
        if (sink) sink(event, run.indices);
      });
  run.timeline.report(run.n.data(), result);
  result.drain = result.makespan - last;
  result.executed_steps = run.steps;
  return result;
}

}  // namespace dovetail
