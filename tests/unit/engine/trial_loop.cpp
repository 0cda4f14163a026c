// The loop of every search: what is known at each suggestion, whatever order outcomes arrive in.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include <dovetail/engine/study/trial_loop.hpp>

using namespace dovetail;

namespace {

// Outcomes that become ready in an arbitrary order: each question makes some more of them ready.
class ShuffledQueue final : public Queue {
 public:
  explicit ShuffledQueue(unsigned seed) : random_(seed) {}
  void post(const std::vector<Job>& jobs, const std::vector<std::string>& events) override {
    for (const Job& job : jobs) open_.push_back(job);
    most_open = std::max(most_open, open_.size() + ready_.size());
    posted_events += static_cast<int>(events.size());
    ++posts;
  }
  bool ready(std::int64_t id) override {
    finish_some();
    return ready_.count(id) > 0;
  }
  std::optional<StoredTrial> wait(std::int64_t id, const std::function<bool()>&) override {
    while (ready_.count(id) == 0) {
      REQUIRE_FALSE(open_.empty());
      finish_some();
    }
    StoredTrial outcome{
        {id, ready_.at(id).point, TrialState::completed, {{"objective", 1.0 + ready_.at(id).point.numbers[0]}}, ""},
        0.0,
        ""};
    ready_.erase(id);
    return outcome;
  }
  std::size_t most_open = 0;
  int posts = 0, posted_events = 0;

 private:
  void finish_some() {
    for (std::size_t n = random_() % 3; n > 0 && !open_.empty(); --n) {
      const std::size_t at = random_() % open_.size();
      ready_.emplace(open_[at].id, open_[at]);
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  std::mt19937 random_;
  std::vector<Job> open_;
  std::map<std::int64_t, Job> ready_;
};

struct Seen {
  std::vector<std::vector<std::int64_t>> known;  // per suggested trial: what had been told
  std::vector<std::int64_t> taken;
  LoopEnd end = LoopEnd::ended;
};

Seen run(Pace pace, std::int64_t trials, unsigned seed, std::int64_t points = 1000000, ShuffledQueue* shown = nullptr) {
  ShuffledQueue own(seed);
  ShuffledQueue& queue = shown != nullptr ? *shown : own;
  Seen seen;
  std::vector<std::int64_t> told;
  const TrialLoop loop{pace,
                       queue,
                       trials,
                       [&](std::int64_t first, int count, std::vector<std::string>& events) {
                         std::vector<Point> list;
                         for (std::int64_t id = first; id < std::min(first + count, points); ++id) {
                           list.push_back({{static_cast<double>(id)}});
                           if (id < trials) seen.known.push_back(told);
                         }
                         events.push_back("suggested");
                         return list;
                       },
                       [](std::int64_t id, const Point& point) {
                         return Job{id, point};
                       },
                       [&](const StoredTrial& outcome) { seen.taken.push_back(outcome.trial.id); },
                       [&](std::span<const Trial> completed) {
                         for (const Trial& trial : completed) told.push_back(trial.id);
                       },
                       [] { return false; }};
  seen.end = run_trials(loop, 0);
  return seen;
}

std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> list;
  for (std::int64_t id = 0; id < count; ++id) list.push_back(id);
  return list;
}

}  // namespace

TEST_CASE("at a lag, trial k is suggested after exactly the trials up to k - lag") {
  for (const int lag : {1, 2, 3, 7, 50})
    for (unsigned seed = 0; seed < 5; ++seed) {
      CAPTURE(lag);
      CAPTURE(seed);
      ShuffledQueue queue(seed);
      const Seen seen = run({2, lag}, 40, seed, 1000000, &queue);
      CHECK(seen.end == LoopEnd::trials);
      CHECK(seen.taken == first(40));
      REQUIRE(seen.known.size() == 40);
      for (std::int64_t k = 0; k < 40; ++k)
        CHECK(seen.known[static_cast<std::size_t>(k)] == first(std::max<std::int64_t>(0, k - lag + 1)));
      CHECK(queue.most_open <= static_cast<std::size_t>(lag));
      CHECK(queue.posted_events == 40);
      if (lag == 50) CHECK(queue.posts == 1);
    }
}

TEST_CASE("in rounds, a round is suggested after all before it") {
  for (const int batch : {1, 3, 8})
    for (unsigned seed = 0; seed < 5; ++seed) {
      CAPTURE(batch);
      const Seen seen = run({batch, 0}, 20, seed);
      CHECK(seen.end == LoopEnd::trials);
      CHECK(seen.taken == first(20));
      for (std::int64_t k = 0; k < 20; ++k) CHECK(seen.known[static_cast<std::size_t>(k)] == first(k / batch * batch));
    }
}

TEST_CASE("a lag of one is rounds of one, and a space that ends ends the loop") {
  CHECK(run({2, 1}, 20, 1).known == run({1, 0}, 20, 2).known);
  for (const Pace pace : {Pace{4, 0}, Pace{2, 3}}) {
    const Seen seen = run(pace, 40, 3, 10);
    CHECK(seen.end == LoopEnd::exhausted);
    CHECK(seen.taken == first(10));
  }
}
