// A table of values that are made when first asked for and read without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace dovetail {

/// Values by position, each a pure function of it. Safe to use concurrently: threads that ask for a value at the same
/// time may make it twice, and all get the same one. References stay valid as long as the table.
template <typename Value>
class OnceTable {
 public:
  explicit OnceTable(std::size_t size) : slots_(size) {}
  ~OnceTable() {
    for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
  }
  OnceTable(const OnceTable&) = delete;
  OnceTable& operator=(const OnceTable&) = delete;

  template <typename Make>
  const Value& get(std::size_t position, const Make& make) const {
    std::atomic<const Value*>& slot = slots_[position];
    if (const Value* known = slot.load(std::memory_order_acquire)) return *known;
    auto made = std::make_unique<const Value>(make());
    const Value* before = nullptr;
    if (!slot.compare_exchange_strong(before, made.get(), std::memory_order_acq_rel)) return *before;
    return *made.release();
  }

 private:
  mutable std::vector<std::atomic<const Value*>> slots_;
};

}  // namespace dovetail
