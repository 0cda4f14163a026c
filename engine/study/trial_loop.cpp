// The loop of every search (see the header).
#include <dovetail/engine/study/trial_loop.hpp>

#include <algorithm>

namespace dovetail {

LoopEnd run_trials(const TrialLoop& loop, std::int64_t done) {
  std::int64_t next = done;  // number of the next suggestion
  std::vector<Job> jobs;     // suggested and not posted
  std::vector<std::string> events;
  std::vector<Trial> untold;
  bool exhausted = false;
  for (;;) {
    const bool ending = loop.ended();
    if (ending && !loop.queue.ready(done)) return LoopEnd::ended;
    while (!ending && !exhausted && next < loop.trials && loop.pace.may_suggest(next - done)) {
      const std::vector<Point> points = loop.suggest(next, loop.pace.points_at_once(), events);
      if (points.empty() && loop.ended()) return LoopEnd::ended;
      exhausted = points.empty();
      // A study with more trials suggests the same: only what is evaluated of the last round differs.
      const auto wanted = std::min<std::int64_t>(static_cast<std::int64_t>(points.size()), loop.trials - next);
      for (std::int64_t i = 0; i < wanted; ++i) jobs.push_back(loop.job(next + i, points[static_cast<std::size_t>(i)]));
      next += wanted;
    }
    if (next == done) return exhausted ? LoopEnd::exhausted : LoopEnd::trials;
    // What waits for others is posted together; several outcomes may be there already.
    if (!jobs.empty() && !loop.queue.ready(done)) {
      loop.queue.post(jobs, events);
      jobs.clear();
      events.clear();
    }
    std::optional<StoredTrial> outcome = loop.queue.wait(done, loop.ended);
    if (!outcome) {
      (void)loop.ended();
      return LoopEnd::ended;
    }
    ++done;
    untold.push_back(outcome->trial);
    loop.take(*std::move(outcome));
    if (!loop.pace.tells(next - done)) continue;
    loop.tell(untold);
    untold.clear();
  }
}

}  // namespace dovetail
