// Every draw remembers its nearest row.
#include <dovetail/engine/design/bayes/cell_volumes.hpp>

#include <limits>

namespace dovetail {

std::vector<double> CellVolumes::shares(const Matrix& rows) {
  constexpr int count = 1000;
  if (draws_.rows == 0) {
    draws_ = features_.draws(count);
    distance_.assign(draws_.rows, std::numeric_limits<double>::infinity());
    nearest_.assign(draws_.rows, 0);
  }
  for (; seen_ < rows.rows; ++seen_)
    for (std::size_t i = 0; i < draws_.rows; ++i) {
      double distance = 0.0;
      for (std::size_t j = 0; j < rows.columns; ++j) {
        const double gap = draws_(i, j) - rows(seen_, j);
        distance += gap * gap;
      }
      if (distance < distance_[i]) distance_[i] = distance, nearest_[i] = seen_;
    }
  std::vector<double> result(rows.rows, 0.0);
  for (const std::size_t row : nearest_)
    if (row < result.size()) result[row] += 1.0 / static_cast<double>(nearest_.size());
  return result;
}

}  // namespace dovetail
