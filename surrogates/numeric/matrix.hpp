// A plain row-major matrix: how tables of numbers enter and leave the surrogates.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dovetail {

/// rows x columns numbers, one row after the other. Rows are usually points, columns features.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count),
        columns(column_count),
        values(row_count * column_count, 0.0) {}

  double& operator()(std::size_t row, std::size_t column) { return values[row * columns + column]; }
  double operator()(std::size_t row, std::size_t column) const { return values[row * columns + column]; }
  std::span<double> row(std::size_t index) { return {values.data() + index * columns, columns}; }
  std::span<const double> row(std::size_t index) const { return {values.data() + index * columns, columns}; }

  /// Appends a row; the first row of an empty matrix sets the number of columns.
  void append(std::span<const double> numbers) {
    if (rows == 0) columns = numbers.size();
    values.insert(values.end(), numbers.begin(), numbers.end());
    ++rows;
  }
};

}  // namespace dovetail
