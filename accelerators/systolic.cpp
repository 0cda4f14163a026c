// How SCALE-Sim counts: folds of the array, demand lines per fold, read and write buffers fed line by line.
//
// A product M x N x K is folded over the array as (Sr, Sc, T) = (M, N, K) output stationary, (K, N, M) weight
// stationary, (K, M, N) input stationary: ceil(Sr / R) x ceil(Sc / C) folds, rows innermost. Within a fold,
// streaming lane c carries element t - c (after R lines of loading where an operand is stationary, bottom row
// first).
#include <dovetail/accelerators/systolic.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace dovetail {
namespace {

using Words = std::int64_t;
using Cycle = std::int64_t;

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// The folds of a product over the array.
struct Folding {
  std::int64_t rows = 1, columns = 1;      ///< R, C
  std::int64_t sr = 1, sc = 1, steps = 1;  ///< Sr, Sc, T
  std::int64_t row_folds = 1, column_folds = 1;
  Cycle fold_cycles = 1;
  bool stationary = false;  ///< one operand is loaded before the other streams

  std::int64_t folds() const { return row_folds * column_folds; }
  std::int64_t used_rows(std::int64_t fold) const { return std::min(rows, sr - fold * rows); }
  std::int64_t used_columns(std::int64_t fold) const { return std::min(columns, sc - fold * columns); }
};

Folding fold(const SystolicInput& input, const SystolicInput::Product& p) {
  Folding f;
  f.rows = input.array_rows;
  f.columns = input.array_columns;
  f.stationary = input.dataflow != Dataflow::output_stationary;
  switch (input.dataflow) {
    case Dataflow::output_stationary:
      f.sr = p.rows, f.sc = p.columns, f.steps = p.depth;
      break;
    case Dataflow::weight_stationary:
      f.sr = p.depth, f.sc = p.columns, f.steps = p.rows;
      break;
    case Dataflow::input_stationary:
      f.sr = p.depth, f.sc = p.rows, f.steps = p.columns;
      break;
  }
  f.row_folds = ceil_div(f.sr, f.rows);
  f.column_folds = ceil_div(f.sc, f.columns);
  f.fold_cycles = (f.stationary ? 2 : 1) * f.rows + f.columns + f.steps - 2;
  return f;
}

/// How an operand enters the array.
enum class Role { streams_by_row, streams_by_column, stationary };

Role ifmap_role(Dataflow d) {
  return d == Dataflow::input_stationary ? Role::stationary : Role::streams_by_row;
}
Role filter_role(Dataflow d) {
  if (d == Dataflow::weight_stationary) return Role::stationary;
  return d == Dataflow::output_stationary ? Role::streams_by_column : Role::streams_by_row;
}

/// Addresses of an operand matrix; `outer` is the spatial index along the folded side, `inner` along T
/// (streaming) or along the array rows (stationary). -1: a window that leaves the image, no request.
struct Addresses {
  std::vector<std::int64_t> outer_base, inner_base;  ///< address = sum of both
  // Only for windows that may leave the image: rows and columns of both parts.
  std::vector<std::int64_t> outer_row, outer_column, inner_row, inner_column;
  std::int64_t height = 0, width = 0;
  std::int64_t count = 0;  ///< addresses lie in [0, count)
  bool clipped = false;

  std::int64_t at(std::int64_t outer, std::int64_t inner) const {
    const auto o = static_cast<std::size_t>(outer), i = static_cast<std::size_t>(inner);
    if (clipped && (outer_row[o] + inner_row[i] >= height || outer_column[o] + inner_column[i] >= width))
      return -1;
    return outer_base[o] + inner_base[i];
  }
};

std::int64_t output_length(std::int64_t size, std::int64_t filter, std::int64_t stride) {
  return ceil_div(size - filter + stride, stride);
}

/// Pixel rows m of the unrolled input and its window elements k.
struct Unrolled {
  std::vector<std::int64_t> base, row, column;
};

Unrolled pixels(const SystolicInput& input, const SystolicInput::Product& p) {
  Unrolled u;
  const auto& c = input.convolution;
  const std::int64_t out_width = input.is_convolution ? output_length(c.width, c.filter_width, c.stride) : 1;
  for (std::int64_t m = 0; m < p.rows; ++m) {
    const std::int64_t row = input.is_convolution ? m / out_width * c.stride : m;
    const std::int64_t column = input.is_convolution ? m % out_width * c.stride : 0;
    u.row.push_back(row), u.column.push_back(column);
    u.base.push_back(input.is_convolution ? (row * c.width + column) * c.channels : m * p.depth);
  }
  return u;
}

Unrolled window(const SystolicInput& input, const SystolicInput::Product& p) {
  Unrolled u;
  const auto& c = input.convolution;
  for (std::int64_t k = 0; k < p.depth; ++k) {
    const std::int64_t pixel = input.is_convolution ? k / c.channels : 0;
    const std::int64_t row = input.is_convolution ? pixel / c.filter_width : 0;
    const std::int64_t column = input.is_convolution ? pixel % c.filter_width : 0;
    u.row.push_back(row), u.column.push_back(column);
    u.base.push_back(input.is_convolution ? (row * c.width + column) * c.channels + k % c.channels : k);
  }
  return u;
}

Addresses ifmap_addresses(const SystolicInput& input, const SystolicInput::Product& p) {
  Addresses a;
  Unrolled m = pixels(input, p), k = window(input, p);
  const auto& c = input.convolution;
  a.count = input.is_convolution ? c.height * c.width * c.channels : p.rows * p.depth;
  a.height = c.height, a.width = c.width;
  a.clipped = input.is_convolution &&
              ((c.height - c.filter_height) % c.stride != 0 || (c.width - c.filter_width) % c.stride != 0);
  const bool streams_pixels = input.dataflow == Dataflow::weight_stationary;  // T runs over the pixels
  if (streams_pixels) std::swap(m, k);
  a.outer_base = std::move(m.base), a.outer_row = std::move(m.row), a.outer_column = std::move(m.column);
  a.inner_base = std::move(k.base), a.inner_row = std::move(k.row), a.inner_column = std::move(k.column);
  return a;
}

Addresses filter_addresses(const SystolicInput& input, const SystolicInput::Product& p) {
  Addresses a;
  a.count = p.columns * p.depth;
  std::vector<std::int64_t> n, k;
  for (std::int64_t i = 0; i < p.columns; ++i) n.push_back(i * p.depth);
  for (std::int64_t i = 0; i < p.depth; ++i) k.push_back(i);
  const bool streams_filters = input.dataflow == Dataflow::input_stationary;  // T runs over the filters
  if (streams_filters) n.swap(k);
  a.outer_base = std::move(n);
  a.inner_base = std::move(k);
  return a;
}

/// Calls visit(address) for the requests of line `line` of fold (row_fold, column_fold), lanes ascending.
template <class Visit>
void requests(const Folding& f, Role role, const Addresses& a, std::int64_t row_fold,
              std::int64_t column_fold, Cycle line, Visit visit) {
  if (role == Role::stationary) {  // outer: along the columns; inner: along the rows, bottom row first
    const std::int64_t row = f.rows - 1 - line;
    if (row < 0 || row >= f.used_rows(row_fold)) return;
    const std::int64_t first = column_fold * f.columns, used = f.used_columns(column_fold);
    for (std::int64_t lane = 0; lane < used; ++lane) visit(a.at(first + lane, row_fold * f.rows + row));
    return;
  }
  const bool by_row = role == Role::streams_by_row;
  const std::int64_t used = by_row ? f.used_rows(row_fold) : f.used_columns(column_fold);
  const std::int64_t first = by_row ? row_fold * f.rows : column_fold * f.columns;
  const std::int64_t t = line - (f.stationary ? f.rows : 0);
  const std::int64_t begin = std::max<std::int64_t>(0, t - f.steps + 1), end = std::min(used, t + 1);
  for (std::int64_t lane = begin; lane < end; ++lane) visit(a.at(first + lane, t - lane));
}

/// Lines of a fold in which the operand may be requested: [begin, end).
std::pair<Cycle, Cycle> active_lines(const Folding& f, Role role, std::int64_t row_fold,
                                     std::int64_t column_fold) {
  if (role == Role::stationary) return {f.rows - f.used_rows(row_fold), f.rows};
  const std::int64_t used =
      role == Role::streams_by_row ? f.used_rows(row_fold) : f.used_columns(column_fold);
  const Cycle begin = f.stationary ? f.rows : 0;
  return {begin, begin + f.steps + used - 1};
}

/// Output words that leave in a line of a fold.
std::int64_t output_words(const Folding& f, std::int64_t row_fold, std::int64_t column_fold, Cycle line) {
  const std::int64_t columns = f.used_columns(column_fold);
  if (f.stationary) {  // column c leaves element t - c - (2R - 1) of T
    const std::int64_t t = line - (2 * f.rows - 1);
    return std::max<std::int64_t>(0, std::min(columns, t + 1) - std::max<std::int64_t>(0, t - f.steps + 1));
  }
  // column c leaves row R - 1 - (t - c - (T - 1)): unused rows at the bottom come first
  const std::int64_t t = line - (f.steps - 1), idle = f.rows - f.used_rows(row_fold);
  return std::max<std::int64_t>(0,
                                std::min(columns, t - idle + 1) - std::max<std::int64_t>(0, t - f.rows + 1));
}

// ---- CALC: which requests go to DRAM, and when
// -------------------------------------------------------------------

/// Reads of an operand when bandwidth is an output: an address outside the current set is one DRAM read and
/// joins it; when the set holds `half` addresses it is emptied, and the next half is fetched meanwhile.
struct EstimatedReads {
  Words reads = 0;
  Cycle first_request = 0;
  Cycle last_full = -1;  ///< line at which the set was last emptied
  bool filled = false;
};

EstimatedReads scan_reads(const Folding& f, Role role, const Addresses& a, Words half) {
  EstimatedReads r;
  std::vector<std::uint32_t> epoch_of(static_cast<std::size_t>(a.count), 0);
  std::uint32_t epoch = 1;
  Words held = 0;
  bool seen = false;
  for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
    for (std::int64_t fr = 0; fr < f.row_folds; ++fr) {
      const Cycle start = (fc * f.row_folds + fr) * f.fold_cycles;
      const auto [begin, end] = active_lines(f, role, fr, fc);
      for (Cycle line = begin; line < end; ++line)
        requests(f, role, a, fr, fc, line, [&](std::int64_t address) {
          if (address < 0) return;
          if (!seen) seen = true, r.first_request = start + line;
          std::uint32_t& mark = epoch_of[static_cast<std::size_t>(address)];
          if (mark == epoch) return;
          mark = epoch;
          ++r.reads;
          if (++held == half) held = 0, ++epoch, r.last_full = start + line, r.filled = true;
        });
    }
  return r;
}

/// Line of a fold in which request number `index` of the operand is made.
Cycle line_of_request(const Folding& f, Role role, std::int64_t fr, std::int64_t fc, std::int64_t index) {
  const auto [begin, end] = active_lines(f, role, fr, fc);
  if (role == Role::stationary) return begin + index / f.used_columns(fc);
  const std::int64_t lanes = end - begin - f.steps + 1, ramp = std::min(lanes, f.steps);
  std::int64_t before = 0;
  Cycle line = 0;
  for (; line < ramp - 1; ++line) {  // the skew at the start
    if (index < before + line + 1) return begin + line;
    before += line + 1;
  }
  const std::int64_t plateau = lanes + f.steps - 1 - 2 * (ramp - 1);
  if (index < before + plateau * ramp) return begin + line + (index - before) / ramp;
  before += plateau * ramp, line += plateau;
  for (std::int64_t width = ramp - 1; width > 0; --width, ++line) {  // and at the end
    if (index < before + width) return begin + line;
    before += width;
  }
  return end - 1;
}

/// The same as scan_reads in closed form for an operand whose matrix elements have distinct addresses. The
/// requests are groups of addresses, each group walked several times in one fixed order: the set is then
/// always a contiguous piece of the walk (plus leftovers of earlier groups), so whole stretches miss or hit.
EstimatedReads distinct_reads(const Folding& f, Role role, Words half) {
  EstimatedReads r;
  const bool whole = role == Role::streams_by_row;  // one group: all row folds, once per column fold
  const std::int64_t groups = role == Role::streams_by_column ? f.column_folds : 1;
  Words leftover = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    std::int64_t size = 0, passes = 1;
    if (whole)
      size = f.sr * f.steps, passes = f.column_folds;
    else if (role == Role::streams_by_column)
      size = f.used_columns(group) * f.steps, passes = f.row_folds;
    else
      size = f.sr * f.sc;
    const std::int64_t total = size * passes;
    std::int64_t position = 0, window = 0, last_event = -1;
    while (position < total) {
      if (leftover == 0 && window == 0 && size >= half) {  // every request misses
        const std::int64_t times = (total - position) / half;
        position += times * half, r.reads += times * half;
        if (times > 0) last_event = position - 1;
        window = total - position;
        r.reads += window;
        break;
      }
      const std::int64_t step = std::min({half - leftover - window, size - window, total - position});
      position += step, window += step, r.reads += step;
      if (leftover + window == half)
        leftover = window = 0, last_event = position - 1;
      else if (window == size)
        break;  // from here on every request hits
    }
    leftover += window;
    if (last_event < 0) continue;
    r.filled = true;
    std::int64_t fr = 0, fc = 0, index = last_event;
    if (whole) {
      fc = index / size, index %= size;
      fr = std::min(index / (f.rows * f.steps), f.row_folds - 1);
      index -= fr * f.rows * f.steps;
    } else if (role == Role::streams_by_column) {
      fc = group, fr = index / size, index %= size;
    } else {  // column folds outside row folds; a column fold holds Sr x used columns
      fc = std::min(index / (f.sr * f.columns), f.column_folds - 1);
      index -= fc * f.sr * f.columns;
      fr = std::min(index / (f.rows * f.used_columns(fc)), f.row_folds - 1);
      index -= fr * f.rows * f.used_columns(fc);
    }
    r.last_full = (fc * f.row_folds + fr) * f.fold_cycles + line_of_request(f, role, fr, fc, index);
  }
  r.first_request = active_lines(f, role, 0, 0).first;
  return r;
}

/// DRAM span of an operand: until the set first fills, 10 words per cycle are fetched just before the first
/// request.
void fill_estimated(OperandTraffic& out, const EstimatedReads& r, std::int64_t kb) {
  const Words granule = 1024 * kb / 100, half = 50 * granule;
  out.dram_words = r.reads;
  if (r.filled) {
    out.dram_first_cycle = r.first_request - ceil_div(half, 10);
    out.dram_last_cycle = r.last_full + 1;
  } else {
    out.dram_first_cycle = -ceil_div(ceil_div(r.reads, granule) * granule, 10);
    out.dram_last_cycle = -1;
  }
}

// ---- The write buffer, in both modes
// -----------------------------------------------------------------------------

/// Output words gather in lines of `width` words; half of the buffer drains, one line per cycle, while the
/// other half fills.
class WriteBuffer {
 public:
  WriteBuffer(std::int64_t kb, Words width)
      : capacity_(1024 * kb), drain_(capacity_ - ceil_div(capacity_, 2)), width_(width), free_(capacity_) {}

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

// ---- USER: read buffers of a given bandwidth
// -----------------------------------------------------------------------

/// A read buffer that holds a window of the fetch sequence: each fold block once, in sets of `granule` words.
class ReadBuffer {
 public:
  ReadBuffer(const Folding& f, Role role, const Addresses& a, std::int64_t kb, Words width, int version)
      : version_(version), width_(width) {
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
          for (std::int64_t lane = 0; lane < f.used_columns(fc); ++lane)
            fetch(a.at(fc * f.columns + lane, row));
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

double six_decimals(double x) {
  return std::round(x * 1e6) / 1e6;
}

double per_cycle(Words words, Cycle cycles) {
  return cycles > 0 ? six_decimals(static_cast<double>(words) / static_cast<double>(cycles)) : 0.0;
}

double ifmap_address_count(const SystolicInput& input) {
  const auto& c = input.convolution;
  return static_cast<double>(c.height) * static_cast<double>(c.width) * static_cast<double>(c.channels);
}

bool distinct_windows(const SystolicInput& input) {
  const auto& c = input.convolution;
  const bool clipped =
      (c.height - c.filter_height) % c.stride != 0 || (c.width - c.filter_width) % c.stride != 0;
  return !input.is_convolution || (c.stride >= c.filter_height && c.stride >= c.filter_width && !clipped);
}

void run_estimate(const SystolicInput& input, const SystolicInput::Product& p, const Folding& f,
                  SystolicResult& out) {
  const auto half = [](std::int64_t kb) { return 50 * (1024 * kb / 100); };
  const Role ifmap = ifmap_role(input.dataflow), filter = filter_role(input.dataflow);
  fill_estimated(out.ifmap,
                 distinct_windows(input)
                     ? distinct_reads(f, ifmap, half(input.ifmap_sram_kb))
                     : scan_reads(f, ifmap, ifmap_addresses(input, p), half(input.ifmap_sram_kb)),
                 input.ifmap_sram_kb);
  fill_estimated(out.filter, distinct_reads(f, filter, half(input.filter_sram_kb)), input.filter_sram_kb);
  WriteBuffer buffer(input.ofmap_sram_kb, f.columns);
  Cycle cycle = 0;
  for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
    for (std::int64_t fr = 0; fr < f.row_folds; ++fr)
      for (Cycle line = 0; line < f.fold_cycles; ++line, ++cycle)
        if (const Words words = output_words(f, fr, fc, line)) buffer.write(words, cycle);
  out.total_cycles = cycle - 1;
  buffer.finish(out.total_cycles);
  out.ofmap.dram_words = buffer.writes();
  out.ofmap.dram_first_cycle = buffer.first_drain();
  out.ofmap.dram_last_cycle = buffer.last_drain(input.version);
}

void run_bandwidth(const SystolicInput& input, const SystolicInput::Product& p, const Folding& f,
                   SystolicResult& out) {
  const Words width = input.bandwidth_words_per_cycle;
  const Role ifmap = ifmap_role(input.dataflow), filter = filter_role(input.dataflow);
  const Addresses ifmap_at = ifmap_addresses(input, p), filter_at = filter_addresses(input, p);
  ReadBuffer ifmap_buffer(f, ifmap, ifmap_at, input.ifmap_sram_kb, width, input.version);
  ReadBuffer filter_buffer(f, filter, filter_at, input.filter_sram_kb, width, input.version);
  WriteBuffer ofmap_buffer(input.ofmap_sram_kb, width);
  Cycle line_index = 0;
  for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
    for (std::int64_t fr = 0; fr < f.row_folds; ++fr)
      for (Cycle line = 0; line < f.fold_cycles; ++line, ++line_index) {
        const Cycle cycle = line_index + out.stall_cycles;
        Cycle ifmap_offset = 1, filter_offset = 1;
        requests(f, ifmap, ifmap_at, fr, fc, line, [&](std::int64_t address) {
          if (address >= 0) ifmap_buffer.demand(address, cycle, ifmap_offset);
        });
        requests(f, filter, filter_at, fr, fc, line,
                 [&](std::int64_t address) { filter_buffer.demand(address, cycle, filter_offset); });
        const Cycle done = ofmap_buffer.write(output_words(f, fr, fc, line), cycle);
        out.total_cycles = done;
        out.stall_cycles += std::max({ifmap_offset - 1, filter_offset - 1, done - cycle});
      }
  ofmap_buffer.finish(out.total_cycles);
  out.total_cycles = line_index - 1 + out.stall_cycles;
  out.ifmap.dram_words = ifmap_buffer.reads();
  out.ifmap.dram_first_cycle = ifmap_buffer.first(), out.ifmap.dram_last_cycle = ifmap_buffer.last();
  out.filter.dram_words = filter_buffer.reads();
  out.filter.dram_first_cycle = filter_buffer.first(), out.filter.dram_last_cycle = filter_buffer.last();
  out.ofmap.dram_words = ofmap_buffer.writes();
  out.ofmap.dram_first_cycle = ofmap_buffer.first_drain();
  out.ofmap.dram_last_cycle = ofmap_buffer.last_drain(input.version);
}

}  // namespace

SystolicInput::Product as_product(const SystolicInput& input) {
  if (!input.is_convolution) return input.product;
  const auto& c = input.convolution;
  return {
      output_length(c.height, c.filter_height, c.stride) * output_length(c.width, c.filter_width, c.stride),
      c.filters, c.filter_height * c.filter_width * c.channels};
}

double systolic_requests(const SystolicInput& input) {
  const auto p = as_product(input);
  const Folding f = fold(input, p);
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  const double macs = real(p.rows) * real(p.columns) * real(p.depth);
  const bool scans = input.bandwidth_words_per_cycle > 0 || !distinct_windows(input);
  return real(f.row_folds) * real(f.column_folds) * real(f.fold_cycles) +
         (scans ? macs / real(std::min(f.rows, f.columns)) + macs / real(f.steps) : 0.0);
}

double systolic_addresses(const SystolicInput& input) {
  const auto p = as_product(input);
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  if (input.bandwidth_words_per_cycle > 0) return std::max(real(p.rows), real(p.columns)) * real(p.depth);
  return distinct_windows(input) ? 0.0 : real(p.rows) + real(p.depth) + ifmap_address_count(input);
}

SystolicResult evaluate_systolic(const SystolicInput& input) {
  const auto& c = input.convolution;
  const bool empty =
      input.is_convolution && (c.filter_height > c.height || c.filter_width > c.width || c.stride < 1);
  const auto p = empty ? SystolicInput::Product{0, 0, 0} : as_product(input);
  if (empty || p.rows < 1 || p.columns < 1 || p.depth < 1 || input.array_rows < 1 ||
      input.array_columns < 1 || input.ifmap_sram_kb < 1 || input.filter_sram_kb < 1 ||
      input.ofmap_sram_kb < 1 || input.bandwidth_words_per_cycle < 0)
    throw std::invalid_argument("a systolic array needs sizes of at least 1");
  if (systolic_requests(input) > systolic_request_limit || systolic_addresses(input) > systolic_address_limit)
    throw std::invalid_argument("the layer has too many requests to walk");
  const Folding f = fold(input, p);
  SystolicResult out;
  if (input.bandwidth_words_per_cycle > 0)
    run_bandwidth(input, p, f, out);
  else
    run_estimate(input, p, f, out);

  const bool ws = input.dataflow == Dataflow::weight_stationary,
             is = input.dataflow == Dataflow::input_stationary;
  out.ifmap.sram_words = p.rows * p.depth * (is ? 1 : f.column_folds);
  out.filter.sram_words = p.columns * p.depth * (ws ? 1 : (is ? f.column_folds : f.row_folds));
  out.ofmap.sram_words = p.rows * p.columns * (f.stationary ? f.row_folds : 1);
  const Words quirk =
      f.stationary ? 0 : f.folds() * (f.rows + f.columns);  // the tool adds the array's edge per fold
  out.total_cycles_incl_prefetch =
      out.ofmap.dram_last_cycle - std::min(out.ifmap.dram_first_cycle, out.filter.dram_first_cycle);
  const double cells = static_cast<double>(f.rows * f.columns), folds = static_cast<double>(f.folds());
  const double used = static_cast<double>(f.sr) * static_cast<double>(f.sc);
  // The utilization of stationary operands is divided by a fold longer than the simulated one.
  const double utilization_cycles =
      static_cast<double>(f.stationary ? f.steps + 2 * f.rows + 2 * f.columns - 3 : f.fold_cycles);
  out.mapping_eff_pct = six_decimals(100.0 * used / (folds * cells));
  out.compute_util_pct =
      six_decimals(100.0 * used * static_cast<double>(f.steps) / (folds * cells * utilization_cycles));
  out.overall_util_pct = out.total_cycles > 0
                             ? six_decimals(100.0 *
                                            (static_cast<double>(p.rows) * static_cast<double>(p.columns) *
                                             static_cast<double>(p.depth)) /
                                            (static_cast<double>(out.total_cycles) * cells))
                             : 0.0;
  out.ofmap.sram_words += quirk;
  for (OperandTraffic* operand : {&out.ifmap, &out.filter, &out.ofmap}) {
    operand->sram_words_per_cycle = per_cycle(operand->sram_words, out.total_cycles);
    operand->dram_words_per_cycle =
        per_cycle(operand->dram_words, operand->dram_last_cycle - operand->dram_first_cycle + 1);
  }
  return out;
}

}  // namespace dovetail
