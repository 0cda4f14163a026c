// The folds of a product over SCALE-Sim's array, and which addresses each line of a fold asks for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <dovetail/accelerators/systolic/systolic.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail::systolic {

using Words = std::int64_t;
using Cycle = std::int64_t;

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

Folding fold(const SystolicInput& input, const SystolicInput::Product& p);

/// How an operand enters the array.
enum class Role { streams_by_row, streams_by_column, stationary };

Role ifmap_role(SystolicDataflow d);
Role filter_role(SystolicDataflow d);

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
    if (clipped && (outer_row[o] + inner_row[i] >= height || outer_column[o] + inner_column[i] >= width)) return -1;
    return outer_base[o] + inner_base[i];
  }
};

std::int64_t output_length(std::int64_t size, std::int64_t filter, std::int64_t stride);
Addresses ifmap_addresses(const SystolicInput& input, const SystolicInput::Product& p);
Addresses filter_addresses(const SystolicInput& input, const SystolicInput::Product& p);

/// Calls visit(address) for the requests of line `line` of fold (row_fold, column_fold), lanes ascending.
template <class Visit>
void requests(const Folding& f, Role role, const Addresses& a, std::int64_t row_fold, std::int64_t column_fold,
              Cycle line, Visit visit) {
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
std::pair<Cycle, Cycle> active_lines(const Folding& f, Role role, std::int64_t row_fold, std::int64_t column_fold);

/// Output words that leave in a line of a fold.
std::int64_t output_words(const Folding& f, std::int64_t row_fold, std::int64_t column_fold, Cycle line);

}  // namespace dovetail::systolic
