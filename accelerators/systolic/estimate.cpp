// Sets of addresses that fill and are emptied: scanned, or counted in whole stretches.
#include <dovetail/accelerators/systolic/estimate.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dovetail::systolic {

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

namespace {

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

}  // namespace

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

}  // namespace dovetail::systolic
