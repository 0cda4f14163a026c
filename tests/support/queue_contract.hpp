// What every queue promises, whoever evaluates.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include <dovetail/engine/record/queue.hpp>

namespace dovetail::testing {

inline Job contract_job(std::int64_t id) {
  return {id, {{static_cast<double>(id), 0.1}}, 1.0 / (1.0 + static_cast<double>(id * id)), id % 3 == 0};
}

/// An outcome that tells everything of its job.
inline StoredTrial contract_outcome(const Job& job) {
  return {
      {job.id,
       job.point,
       TrialState::completed,
       {{"objective", job.point.numbers[0] / 3.0}, {"incumbent", job.incumbent}, {"proving", job.proving ? 1.0 : 0.0}},
       ""},
      0.25,
      "{}"};
}

/// `queue` gives a queue over `store` whose jobs are evaluated by `evaluate`, in some order, on several threads.
using QueueMaker =
    std::function<std::shared_ptr<Queue>(Store& store, std::function<std::optional<StoredTrial>(const Job&)> evaluate)>;

inline void check_queue(const std::function<std::unique_ptr<Store>(const std::string& name, bool resume)>& store_of,
                        const QueueMaker& queue_of) {
  const auto never = [] { return false; };
  SUBCASE("every job is answered once, in any order of asking, and is in the record before") {
    const auto store = store_of("answers", false);
    std::atomic<int> evaluated{0};
    const auto queue = queue_of(*store, [&](const Job& job) {
      ++evaluated;
      std::this_thread::sleep_for(std::chrono::milliseconds(job.id % 5));
      return std::optional(contract_outcome(job));
    });
    std::vector<Job> jobs;
    for (int id = 0; id < 24; ++id) jobs.push_back(contract_job(id));
    queue->post({jobs.begin(), jobs.begin() + 8}, {"first"});
    queue->post({jobs.begin() + 8, jobs.end()}, {"second", "third"});
    for (const int id : {5, 0, 23, 11}) {
      const auto outcome = queue->wait(id, never);
      REQUIRE(outcome);
      CHECK(outcome->trial.metrics == contract_outcome(jobs[static_cast<std::size_t>(id)]).trial.metrics);
      CHECK(outcome->trial.point == jobs[static_cast<std::size_t>(id)].point);
      CHECK(store->trial(id).has_value());
    }
    for (int id = 0; id < 24; ++id)
      if (id != 5 && id != 0 && id != 23 && id != 11) CHECK(queue->wait(id, never)->trial.id == id);
    CHECK(evaluated == 24);
    CHECK(store->trials().size() == 24);
    CHECK(store->events() == std::vector<std::string>{"first", "second", "third"});
  }
  SUBCASE("what the record has is not evaluated again, and another job under its number is refused") {
    {
      const auto store = store_of("replay", false);
      const auto queue = queue_of(*store, [](const Job& job) { return std::optional(contract_outcome(job)); });
      queue->post({contract_job(0), contract_job(1)}, {});
      REQUIRE(queue->wait(0, never));
      REQUIRE(queue->wait(1, never));
    }
    const auto store = store_of("replay", true);
    std::atomic<int> evaluated{0};
    const auto queue = queue_of(*store, [&](const Job& job) {
      ++evaluated;
      return std::optional(contract_outcome(job));
    });
    queue->post({contract_job(0)}, {});
    CHECK(queue->ready(0));
    CHECK(queue->wait(0, never)->trial.metrics == contract_outcome(contract_job(0)).trial.metrics);
    Job other = contract_job(1);
    other.point.numbers[1] = 0.2;
    CHECK_THROWS_WITH_AS(queue->post({other}, {}), doctest::Contains("trial 1"), StorageError);
    CHECK(evaluated == 0);
  }
  SUBCASE("a stopped evaluation or a stopped wait has no outcome") {
    const auto store = store_of("stopped", false);
    std::atomic<bool> stopped{false};
    const auto queue = queue_of(*store, [&](const Job&) -> std::optional<StoredTrial> {
      while (!stopped) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return std::nullopt;
    });
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stopped = true;
    });
    queue->post({contract_job(0)}, {});
    CHECK_FALSE(queue->ready(0));
    CHECK_FALSE(queue->wait(0, [&] { return stopped.load(); }).has_value());
    stopper.join();
    CHECK(store->trials().empty());
  }
}

}  // namespace dovetail::testing
