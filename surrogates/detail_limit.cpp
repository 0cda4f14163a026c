// Sorted outputs and the first step that is out of proportion.
#include <dovetail/surrogates/detail_limit.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace dovetail {

double detail_limit(std::span<const double> outputs, std::size_t spread) {
  constexpr std::size_t least = 3;
  constexpr double proportion = 1000.0;
  std::vector<double> sorted(outputs.begin(), outputs.end());
  std::sort(sorted.begin(), sorted.end());
  const std::span<const double> first = outputs.first(std::min(spread, outputs.size()));
  const auto enough = static_cast<std::ptrdiff_t>(std::max<std::size_t>(2, (first.size() + 1) / 2));
  for (std::size_t j = least; j < sorted.size(); ++j) {
    const double top = sorted[j - 1], next = sorted[j];
    // Halves and quotients: differences of the largest numbers overflow.
    const double range = 0.5 * top - 0.5 * sorted.front(), step = 0.5 * next - 0.5 * top;
    if (!(range > 0.0) || !(step / proportion > range)) continue;
    const bool one_value = sorted.size() - j >= 2 && sorted.back() == next;
    if (one_value || std::count_if(first.begin(), first.end(), [&](double output) { return output <= top; }) >= enough)
      return top;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace dovetail
