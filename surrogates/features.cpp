// One-hot, Kendall and Spearman codes.
#include <dovetail/surrogates/features.hpp>

#include <cmath>
#include <numbers>

namespace dovetail {

void append_one_hot(int choice, int count, std::vector<double>& features) {
  for (int i = 0; i < count; ++i) features.push_back(i == choice ? std::numbers::sqrt2 / 2.0 : 0.0);
}

int pair_sign_count(int items) {
  return items * (items - 1) / 2;
}

void append_pair_signs(std::span<const double> position, std::vector<double>& features) {
  const int items = static_cast<int>(position.size());
  if (items < 2) return;
  const double size = 0.5 / std::sqrt(static_cast<double>(pair_sign_count(items)));
  for (std::size_t i = 0; i < position.size(); ++i)
    for (std::size_t j = i + 1; j < position.size(); ++j) features.push_back(position[i] < position[j] ? size : -size);
}

void append_positions(std::span<const double> position, std::vector<double>& features) {
  // Reversal is farthest: sum_i (n - 1 - 2i)^2 = n (n^2 - 1) / 3.
  const double n = static_cast<double>(position.size());
  const double size = n > 1.0 ? std::sqrt(3.0 / (n * (n * n - 1.0))) : 1.0;
  for (const double where : position) features.push_back(size * where);
}

}  // namespace dovetail
