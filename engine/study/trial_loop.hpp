// The loop of every search: suggest as far as the study's rule allows, post, wait for the next outcome in order, learn.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/study/study.hpp>

namespace dovetail {

/// What a search gives the loop. Everything is called by the thread that runs it.
struct TrialLoop {
  Pace pace;
  Queue& queue;
  std::int64_t trials = 0;  ///< in all, those before included
  /// `count` points for the trials from `first` on, and what the record keeps of that; no points: there are no more.
  std::function<std::vector<Point>(std::int64_t first, int count, std::vector<std::string>& events)> suggest;
  /// The job of a point, with what is known now.
  std::function<Job(std::int64_t id, const Point& point)> job;
  /// An outcome, in the order of ids.
  std::function<void(StoredTrial outcome)> take;
  /// Outcomes that suggestions from here on know.
  std::function<void(std::span<const Trial> completed)> tell;
  std::function<bool()> ended;  ///< something ends the search
};

enum class LoopEnd { trials, exhausted, ended };

/// Runs the trials from number `done` on. Whatever order outcomes arrive in, every suggestion is made after the same
/// ones.
LoopEnd run_trials(const TrialLoop& loop, std::int64_t done);

}  // namespace dovetail
