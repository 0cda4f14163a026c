// Long calls (see the header).
#include "watched.hpp"

#include <chrono>
#include <condition_variable>
#include <thread>
#include <utility>

namespace dovetail::python {
namespace {

void show(const Watch::News& news, const py::object& progress) {
  if (progress.is_none()) return;
  const py::object best = news.best > 0.0 ? py::object(py::float_(news.best)) : py::object(py::none());
  const py::object gap = news.gap < 1.0 ? py::object(py::float_(news.gap)) : py::object(py::none());
  progress(py::int_(static_cast<std::int64_t>(news.done)), py::int_(static_cast<std::int64_t>(news.total)), best, gap);
}

}  // namespace

void Watch::report(const News& news) {
  const std::lock_guard<std::mutex> lock(mutex_);
  news_ = news;
}

std::optional<Watch::News> Watch::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(news_, std::nullopt);
}

void Watch::fail() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!error_) error_ = std::current_exception();
  stop_ = true;
}

void Watch::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void run_watched(const std::function<void(Watch&)>& work, const py::object& progress) {
  using namespace std::chrono_literals;
  Watch watch;
  std::exception_ptr failure, raised;
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  const auto look = [&] {
    const std::optional<Watch::News> news = watch.take();
    const py::gil_scoped_acquire acquire;
    if (raised) return;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (news) show(*news, progress);
    } catch (const py::error_already_set&) {
      raised = std::current_exception();
      watch.stop();
    }
  };
  {
    const py::gil_scoped_release release;
    std::thread worker([&] {
      try {
        work(watch);
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard<std::mutex> lock(mutex);
      done = true;
      ended.notify_one();
    });
    std::unique_lock<std::mutex> lock(mutex);
    while (!ended.wait_for(lock, 20ms, [&] { return done; })) {
      lock.unlock();
      look();
      lock.lock();
    }
    lock.unlock();
    worker.join();
    look();
  }
  watch.rethrow();
  if (raised) std::rethrow_exception(raised);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dovetail::python
