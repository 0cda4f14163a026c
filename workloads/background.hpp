// Threads that work while their owner goes on: jobs begun in the order of posting, each with parallel loops inside.
#pragma once

#include <functional>
#include <memory>

namespace dovetail {

/// Up to `at_once` jobs at a time, on `threads` threads together with the loops inside them (see parallel_for),
/// whatever the owner does meanwhile. Jobs must not throw.
class Background {
 public:
  Background(int at_once, int threads);
  /// Waits for the jobs that have begun and drops the others.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void post(std::function<void()> job);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dovetail
