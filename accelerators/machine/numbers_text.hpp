// Numbers as people read them: thousands separated, sizes in KiB, figures short.
#pragma once

#include <cstdint>
#include <string>

namespace dovetail::detail {

/// 65536 -> "65,536".
std::string thousands(std::int64_t value);

/// At most `digits` significant digits, without an exponent between 1e-3 and 1e6: 0.95, 26, 1.606.
std::string figure(double value, int digits = 4);

/// Bits as bytes: "440 B", "128 KiB", "2.5 MiB".
std::string bytes(double bits);

}  // namespace dovetail::detail
