#include <dovetail/workloads/export/yaml_text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace dovetail {

std::string yaml_scalar(const std::string& text) {
  static constexpr std::array<std::string_view, 18> words = {"yes",  "Yes",  "YES",  "no",    "No",    "NO",
                                                             "on",   "On",   "ON",   "off",   "Off",   "OFF",
                                                             "true", "True", "TRUE", "false", "False", "FALSE"};
  static constexpr std::array<std::string_view, 3> nulls = {"null", "Null", "NULL"};
  const bool word = std::find(words.begin(), words.end(), text) != words.end() ||
                    std::find(nulls.begin(), nulls.end(), text) != nulls.end();
  const bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
                     std::all_of(text.begin(), text.end(), [](unsigned char letter) {
                       return std::isalnum(letter) != 0 || letter == '_' || letter == '.' || letter == '-' ||
                              letter == '/' || letter == '=';
                     });
  if (plain && !word) return text;
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    if (std::iscntrl(static_cast<unsigned char>(letter)) != 0)
      quoted += ' ';
    else
      quoted += letter;
  }
  return quoted + '"';
}

}  // namespace dovetail
