// Spans of time as words of a command.
#include "seconds_word.hpp"

#include <fmt/format.h>

namespace dovetail::cli {

CLI::Validator seconds_word() {
  return CLI::Validator(
      [](std::string& word) -> std::string {
        const std::string units = "smh";
        const std::size_t unit = word.empty() ? std::string::npos : units.find(word.back());
        if (unit == std::string::npos) return "";
        std::size_t end = 0;
        double value = -1.0;
        try {
          value = std::stod(word, &end);
        } catch (const std::exception&) {
        }
        if (end + 1 != word.size()) return fmt::format("{}: expected seconds such as 90, 90s, 10m or 2h", word);
        word = fmt::format("{}", value * (unit == 0 ? 1.0 : unit == 1 ? 60.0 : 3600.0));
        return "";
      },
      "");
}

}  // namespace dovetail::cli
