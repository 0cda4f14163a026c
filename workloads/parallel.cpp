#include <dovetail/workloads/parallel.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <dovetail/workloads/background.hpp>

// ThreadSanitizer cannot see the joins inside TBB: under it, plain threads stand in.
#if defined(__SANITIZE_THREAD__)
#define DOVETAIL_PLAIN_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DOVETAIL_PLAIN_THREADS 1
#endif
#endif

#ifdef DOVETAIL_PLAIN_THREADS
#include <atomic>
#else
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace dovetail {
namespace {

// What the parallel_for that this thread works for passes on to calls inside: they stay in the outermost one's arena.
struct Grant {
  int threads = 0;    // that the outermost may use; 0 outside of any
  bool alone = true;  // every loop around has one iteration
};
thread_local Grant granted;

class Granting {
 public:
  explicit Granting(Grant grant) : before_(granted) { granted = grant; }
  ~Granting() { granted = before_; }
  Granting(const Granting&) = delete;
  Granting& operator=(const Granting&) = delete;

 private:
  Grant before_;
};

// Remembers the exception of the lowest index.
class FirstError {
 public:
  void run(std::size_t index, Grant grant, const std::function<void(std::size_t)>& body) {
    try {
      const Granting granting(grant);
      body(index);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || index < index_) {
        error_ = std::current_exception();
        index_ = index;
      }
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  std::size_t index_ = 0;
};

}  // namespace

int thread_count(int threads) {
  if (threads > 0) return threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  FirstError errors;
  const bool outermost = granted.threads == 0, alone = granted.alone;
  const int allowed = outermost ? thread_count(threads) : granted.threads;
  const Grant grant{allowed, alone && count == 1};
  auto in_order = [&] {
    for (std::size_t i = 0; i < count; ++i) errors.run(i, grant, body);
  };
#ifdef DOVETAIL_PLAIN_THREADS
  if (outermost && allowed > 1 && count > 1) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> pool;
    for (std::size_t w = 0; w < std::min<std::size_t>(allowed, count); ++w) {
      pool.emplace_back([&] {
        for (std::size_t i = next++; i < count; i = next++) errors.run(i, grant, body);
      });
    }
    for (std::thread& thread : pool) thread.join();
  } else {
    in_order();
  }
#else
  auto loop = [&] {
    // Iterations are long and unlike: each can be taken by itself.
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          for (std::size_t i = range.begin(); i < range.end(); ++i) errors.run(i, grant, body);
        },
        tbb::simple_partitioner());
  };
  if (allowed == 1 || count == 0 || (count == 1 && !outermost)) {
    in_order();
  } else if (outermost) {
    // Without this, TBB caps the workers at the number of cores and complains on stderr.
    const tbb::global_control control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(allowed));
    tbb::task_arena arena(allowed);  // also for a single index: calls inside it may use the arena
    arena.execute(loop);
  } else if (alone) {
    loop();  // while waiting, this thread may help in loops inside
  } else {
    // Isolated: while waiting, this thread must not start an unrelated iteration of the outer loop.
    tbb::this_task_arena::isolate(loop);
  }
#endif
  errors.rethrow();
}

struct Background::State {
  State(int at_once, int allowed)
      : grant{allowed, at_once == 1}
#ifndef DOVETAIL_PLAIN_THREADS
        ,
        control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(std::max(allowed, 2))),
        arena(std::max(allowed, 2), static_cast<unsigned>(at_once))  // a place for each that posts
#endif
  {
  }

  // What one of the threads does until there is nothing more to come.
  void work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return closing || !jobs.empty(); });
        if (closing) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      const auto granted_job = [&] {
        const Granting granting(grant);
        job();
      };
#ifdef DOVETAIL_PLAIN_THREADS
      granted_job();
#else
      if (grant.threads == 1)
        granted_job();
      else
        arena.execute(granted_job);
#endif
    }
  }

  const Grant grant;
#ifndef DOVETAIL_PLAIN_THREADS
  tbb::global_control control;
  tbb::task_arena arena;
#endif
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  bool closing = false;
  std::vector<std::thread> threads;
};

Background::Background(int at_once, int threads) {
  const int all = thread_count(threads), own = std::clamp(at_once, 1, all);
  state_ = std::make_unique<State>(own, all);
  for (int i = 0; i < own; ++i) state_->threads.emplace_back([this] { state_->work(); });
}

Background::~Background() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void Background::post(std::function<void()> job) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_one();
}

}  // namespace dovetail
