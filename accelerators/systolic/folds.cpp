// A product M x N x K is folded over the array as (Sr, Sc, T) = (M, N, K) output stationary, (K, N, M) weight
// stationary, (K, M, N) input stationary: ceil(Sr / R) x ceil(Sc / C) folds, rows innermost. Within a fold, streaming
// lane c carries element t - c (after R lines of loading where an operand is stationary, bottom row first).
#include <dovetail/accelerators/systolic/folds.hpp>

namespace dovetail::systolic {

Folding fold(const SystolicInput& input, const SystolicInput::Product& p) {
  Folding f;
  f.rows = input.array_rows;
  f.columns = input.array_columns;
  f.stationary = input.dataflow != SystolicDataflow::output_stationary;
  switch (input.dataflow) {
    case SystolicDataflow::output_stationary:
      f.sr = p.rows, f.sc = p.columns, f.steps = p.depth;
      break;
    case SystolicDataflow::weight_stationary:
      f.sr = p.depth, f.sc = p.columns, f.steps = p.rows;
      break;
    case SystolicDataflow::input_stationary:
      f.sr = p.depth, f.sc = p.rows, f.steps = p.columns;
      break;
  }
  f.row_folds = ceil_div(f.sr, f.rows);
  f.column_folds = ceil_div(f.sc, f.columns);
  f.fold_cycles = (f.stationary ? 2 : 1) * f.rows + f.columns + f.steps - 2;
  return f;
}

Role ifmap_role(SystolicDataflow d) {
  return d == SystolicDataflow::input_stationary ? Role::stationary : Role::streams_by_row;
}
Role filter_role(SystolicDataflow d) {
  if (d == SystolicDataflow::weight_stationary) return Role::stationary;
  return d == SystolicDataflow::output_stationary ? Role::streams_by_column : Role::streams_by_row;
}

std::int64_t output_length(std::int64_t size, std::int64_t filter, std::int64_t stride) {
  return ceil_div(size - filter + stride, stride);
}

namespace {

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

}  // namespace

Addresses ifmap_addresses(const SystolicInput& input, const SystolicInput::Product& p) {
  Addresses a;
  Unrolled m = pixels(input, p), k = window(input, p);
  const auto& c = input.convolution;
  a.count = input.is_convolution ? c.height * c.width * c.channels : p.rows * p.depth;
  a.height = c.height, a.width = c.width;
  a.clipped = input.is_convolution &&
              ((c.height - c.filter_height) % c.stride != 0 || (c.width - c.filter_width) % c.stride != 0);
  const bool streams_pixels = input.dataflow == SystolicDataflow::weight_stationary;  // T runs over the pixels
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
  const bool streams_filters = input.dataflow == SystolicDataflow::input_stationary;  // T runs over the filters
  if (streams_filters) n.swap(k);
  a.outer_base = std::move(n);
  a.inner_base = std::move(k);
  return a;
}

std::pair<Cycle, Cycle> active_lines(const Folding& f, Role role, std::int64_t row_fold, std::int64_t column_fold) {
  if (role == Role::stationary) return {f.rows - f.used_rows(row_fold), f.rows};
  const std::int64_t used = role == Role::streams_by_row ? f.used_rows(row_fold) : f.used_columns(column_fold);
  const Cycle begin = f.stationary ? f.rows : 0;
  return {begin, begin + f.steps + used - 1};
}

std::int64_t output_words(const Folding& f, std::int64_t row_fold, std::int64_t column_fold, Cycle line) {
  const std::int64_t columns = f.used_columns(column_fold);
  if (f.stationary) {  // column c leaves element t - c - (2R - 1) of T
    const std::int64_t t = line - (2 * f.rows - 1);
    return std::max<std::int64_t>(0, std::min(columns, t + 1) - std::max<std::int64_t>(0, t - f.steps + 1));
  }
  // column c leaves row R - 1 - (t - c - (T - 1)): unused rows at the bottom come first
  const std::int64_t t = line - (f.steps - 1), idle = f.rows - f.used_rows(row_fold);
  return std::max<std::int64_t>(0, std::min(columns, t - idle + 1) - std::max<std::int64_t>(0, t - f.rows + 1));
}

}  // namespace dovetail::systolic
