// SCALE-Sim's buffers between array and DRAM: the write buffer of both modes, the read buffer of mode USER.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <dovetail/accelerators/systolic/folds.hpp>

namespace dovetail::systolic {

/// Output words gather in lines of `width` words; half of the buffer drains, one line per cycle, while the
/// other half fills.
class WriteBuffer {
 public:
  WriteBuffer(std::int64_t kb, Words width)
      : capacity_(1024 * kb),
        drain_(capacity_ - ceil_div(capacity_, 2)),
        width_(width),
        free_(capacity_) {}

  /// Writes `words` in the line of cycle `now`; returns the cycle at which the line is done.
  Cycle write(Words words, Cycle now) {
    while (words > 0) {
      // Words that surely pass without an event are taken at once.
      const Words calm = now < drain_end_ ? free_ - 1 : free_ - (capacity_ - drain_);
      if (calm > 0) {
        const Words taken = std::min(words, calm);
        append(taken);
        words -= taken;
        continue;
      }
      append(1);
      --words;
      if (now < drain_end_) {
        if (free_ <= 0) now = drain_end_;
      } else if (free_ < capacity_ - drain_) {
        drain(now);
      }
    }
    return now;
  }

  void finish(Cycle now) {
    close();
    while (lines_ > 0) {
      drain(now);
      now = drain_end_ + 1;
    }
  }

  Words writes() const { return writes_; }
  Cycle first_drain() const { return first_drain_; }
  Cycle last_drain(int version) const { return version == 2 ? drain_end_ : latest_; }

 private:
  void append(Words words) {
    partial_ += words;
    free_ -= words;
    const Words full = partial_ / width_;
    lines_ += full;
    partial_ -= full * width_;
  }

  /// Closes the partial line; only the newest line can be a partial one of this moment, but older closed
  /// lines keep their empty slots: they count only when they happen to be the last line of a drain.
  void close() {
    if (partial_ == 0) return;
    ++lines_;
    short_lines_.push_back({closed_ + lines_ - 1, width_ - partial_});
    partial_ = 0;
  }

  void drain(Cycle now) {
    close();
    const std::int64_t count = std::min(ceil_div(drain_, width_), lines_);
    const std::int64_t last = closed_ + count - 1;
    Words gap = 0;
    while (next_short_ < short_lines_.size() && short_lines_[next_short_].line <= last) {
      if (short_lines_[next_short_].line == last) gap = short_lines_[next_short_].empty;
      ++next_short_;
    }
    const Words words = count * width_ - gap;
    writes_ += words;
    free_ += words;
    lines_ -= count;
    closed_ += count;
    if (!drained_) first_drain_ = now, drained_ = true;
    drain_end_ = now + count - 1;
    latest_ = std::max(latest_, drain_end_);
  }

  struct Short {
    std::int64_t line;
    Words empty;
  };
  Words capacity_, drain_, width_, free_;
  Words partial_ = 0, writes_ = 0;
  std::int64_t lines_ = 0, closed_ = 0;
  Cycle drain_end_ = 0, first_drain_ = 0, latest_ = 0;
  bool drained_ = false;
  std::vector<Short> short_lines_;
  std::size_t next_short_ = 0;
};

/// A read buffer that holds a window of the fetch sequence: each fold block once, in sets of `granule` words.
class ReadBuffer {
 public:
  ReadBuffer(const Folding& f, Role role, const Addresses& a, std::int64_t kb, Words width, int version)
      : version_(version),
        width_(width) {
    const Words capacity = 1024 * kb, active = ceil_div(capacity, 2);
    prefetch_words_ = capacity - active;
    const Words granule = ceil_div(capacity, 100);
    std::int64_t elements = 0;
    index_sets(f, role, a, granule, elements);
    active_sets_ = std::min(ceil_div(active, granule), sets_);
    prefetch_sets_ = std::min(ceil_div(prefetch_words_, granule), sets_ - active_sets_);
    const std::int64_t lines = std::min(ceil_div(active, width_), ceil_div(elements, width_));
    reads_ = lines * width_;
    first_ = -lines;
  }

  /// Serves a request at line cycle `cycle` with line offset `offset` (1 at the start of a line).
  void demand(std::int64_t address, Cycle cycle, Cycle& offset) {
    if (prefetch_sets_ == 0) return;  // the whole operand fits
    const Cycle lines = ceil_div(prefetch_words_, width_);
    while (!holds(address)) {
      start_ = (start_ + prefetch_sets_) % sets_;
      reads_ += lines * width_;
      last_ += lines + 1;
      const Cycle late = last_ - (cycle + offset);
      if (version_ == 2) {
        offset += std::max<Cycle>(late, 0);
      } else {
        offset += late;
        if (late > 0) offset += late;
      }
    }
  }

  Words reads() const { return reads_; }
  Cycle first() const { return first_; }
  Cycle last() const { return last_; }

 private:
  /// Sets in which each address occurs, from the order of the fetch matrix.
  void index_sets(const Folding& f, Role role, const Addresses& a, Words granule, std::int64_t& elements) {
    std::vector<std::pair<std::int64_t, std::int32_t>> seen;  // address, set
    std::int64_t valid = 0;
    const auto fetch = [&](std::int64_t address) {
      if (address < 0) return;
      seen.emplace_back(address, static_cast<std::int32_t>(valid / granule));
      ++valid;
    };
    if (role == Role::stationary) {  // column folds stacked, row by row
      elements = f.column_folds * f.sr * f.columns;
      for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
        for (std::int64_t row = 0; row < f.sr; ++row)
          for (std::int64_t lane = 0; lane < f.used_columns(fc); ++lane) fetch(a.at(fc * f.columns + lane, row));
    } else {  // folds stacked along T, along the anti-diagonals of the stack from its lower end
      const bool by_row = role == Role::streams_by_row;
      const std::int64_t lanes = by_row ? f.rows : f.columns, folds = by_row ? f.row_folds : f.column_folds;
      const std::int64_t side = by_row ? f.sr : f.sc, height = folds * f.steps;
      elements = height * lanes;
      for (std::int64_t diagonal = 0; diagonal < height + lanes - 1; ++diagonal) {
        const std::int64_t top = std::max<std::int64_t>(0, diagonal - lanes + 1);
        for (std::int64_t row = std::min(diagonal, height - 1); row >= top; --row) {
          const std::int64_t outer = row / f.steps * lanes + (diagonal - row);
          if (outer < side && outer < (row / f.steps + 1) * lanes) fetch(a.at(outer, row % f.steps));
        }
      }
    }
    sets_ = valid / granule + 1;
    // Compressed lists of sets by address.
    begin_.assign(static_cast<std::size_t>(a.count) + 1, 0);
    for (const auto& [address, set] : seen) ++begin_[static_cast<std::size_t>(address) + 1];
    for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    set_of_.resize(seen.size());
    std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (const auto& [address, set] : seen) set_of_[next[static_cast<std::size_t>(address)]++] = set;
  }

  bool holds(std::int64_t address) const {
    const auto i = static_cast<std::size_t>(address);
    for (std::uint32_t at = begin_[i]; at < begin_[i + 1]; ++at) {
      std::int64_t distance = set_of_[at] - start_;
      if (distance < 0) distance += sets_;
      if (distance < active_sets_) return true;
    }
    return false;
  }

  int version_;
  Words width_, prefetch_words_ = 0, reads_ = 0;
  std::int64_t sets_ = 1, active_sets_ = 1, prefetch_sets_ = 0, start_ = 0;
  Cycle first_ = 0, last_ = -1;
  std::vector<std::uint32_t> begin_;
  std::vector<std::int32_t> set_of_;
};

}  // namespace dovetail::systolic
