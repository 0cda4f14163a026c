// The queue of one process (see the header).
#include <dovetail/engine/record/local_queue.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {

LocalQueue::LocalQueue(Evaluate evaluate, Store* store, int at_once, int threads)
    : evaluate_(std::move(evaluate)),
      store_(store) {
  if (store != nullptr)
    for (StoredTrial& stored : store->trials()) recorded_.emplace(stored.trial.id, std::move(stored));
  if (thread_count(threads) > 1) background_ = std::make_unique<Background>(at_once, threads);
}

void LocalQueue::post(const std::vector<Job>& jobs, const std::vector<std::string>& events) {
  if (store_ != nullptr && !events.empty()) store_->put(StoreChange{{}, {}, events});
  for (const Job& job : jobs) {
    if (const auto found = recorded_.find(job.id); found != recorded_.end()) {
      if (found->second.trial.point != job.point)
        throw StorageError(
            fmt::format("trial {} of the store is not what this program suggests: another version wrote it", job.id));
      const std::lock_guard lock(mutex_);
      slots_[job.id] = {true, std::move(found->second), nullptr};
      recorded_.erase(found);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      slots_[job.id];
    }
    if (background_)
      background_->post([this, job] { this->evaluate(job); });
    else
      waiting_.emplace(job.id, job);
  }
}

void LocalQueue::evaluate(const Job& job) {
  Slot slot;
  slot.done = true;
  try {
    slot.outcome = evaluate_(job);
    if (slot.outcome && store_ != nullptr) store_->put(*slot.outcome);
  } catch (...) {
    slot.error = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    slots_[job.id] = std::move(slot);
  }
  changed_.notify_all();
}

bool LocalQueue::ready(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(id);
  return found != slots_.end() && found->second.done;
}

std::optional<StoredTrial> LocalQueue::wait(std::int64_t id, const std::function<bool()>&) {
  if (const auto found = waiting_.find(id); found != waiting_.end()) {
    const Job job = std::move(found->second);
    waiting_.erase(found);
    evaluate(job);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return slots_.at(id).done; });
  Slot slot = std::move(slots_.at(id));
  slots_.erase(id);
  if (slot.error) std::rethrow_exception(slot.error);
  return std::move(slot.outcome);
}

}  // namespace dovetail
