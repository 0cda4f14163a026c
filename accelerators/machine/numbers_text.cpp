#include <dovetail/accelerators/machine/numbers_text.hpp>

#include <fmt/format.h>

#include <cmath>

namespace dovetail::detail {

std::string thousands(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t sign = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > sign + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string figure(double value, int digits) {
  if (std::floor(value) == value && std::abs(value) >= 1000.0 && std::abs(value) < 1e12) {
    return thousands(static_cast<std::int64_t>(value));
  }
  return fmt::format("{:.{}g}", value, digits);
}

std::string bytes(double bits) {
  const double size = bits / 8.0;
  if (size < 1024.0) return fmt::format("{} B", figure(size));
  if (size < 1024.0 * 1024.0) return fmt::format("{} KiB", figure(size / 1024.0));
  return fmt::format("{} MiB", figure(size / 1024.0 / 1024.0));
}

}  // namespace dovetail::detail
