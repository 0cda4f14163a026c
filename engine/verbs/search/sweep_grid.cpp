// The points of a sweep: crossed lists, ranges and zipped lists.
#include <dovetail/engine/verbs/search/sweep_grid.hpp>

#include <cmath>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {
namespace {

constexpr std::size_t max_points = 1'000'000;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == separator && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
  }
  return parts;
}

std::optional<double> number_of(const std::string& text) {
  char* rest = nullptr;
  const double value = std::strtod(text.c_str(), &rest);
  if (text.empty() || *rest != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The values of low:high, low:high:step and low:high:*factor; none when the text is no range.
std::optional<std::vector<std::string>> range_values(const std::string& text, const std::string& where) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  const std::optional<double> low = number_of(parts[0]), high = number_of(parts[1]);
  if (!low || !high) return std::nullopt;
  const bool powers = parts.size() == 3 && parts[2].rfind('*', 0) == 0;
  const std::optional<double> step = parts.size() == 3 ? number_of(powers ? parts[2].substr(1) : parts[2]) : 1.0;
  if (!step || (powers ? *step <= 1.0 || *low <= 0.0 : *step <= 0.0)) {
    throw UsageError(fmt::format("{}: the third part of a range is a step above 0, or * and a factor above 1", where));
  }
  std::vector<std::string> values;
  for (std::size_t i = 0; values.size() <= max_points; ++i) {
    const double value =
        powers ? *low * std::pow(*step, static_cast<double>(i)) : *low + static_cast<double>(i) * *step;
    if (value > *high + 1e-9 * std::abs(*high)) break;
    values.push_back(fmt::format("{:.12g}", value));
  }
  if (values.empty()) throw UsageError(where + ": the range is empty");
  return values;
}

}  // namespace

std::pair<std::string, std::vector<std::string>> parse_axis(const std::string& text, const std::string& option) {
  const std::string where = option + " " + text;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(where + ": expected path=a,b,c or path=low:high:step");
  }
  const std::string path = text.substr(0, equals), list = text.substr(equals + 1);
  if (const auto values = range_values(list, where)) return {path, *values};
  std::vector<std::string> values = split(list, ',');
  for (const std::string& value : values) {
    if (value.empty()) throw UsageError(where + ": a value of the list is empty");
  }
  return {path, values};
}

std::vector<SweepPoint> make_points(const std::vector<std::string>& grid, const std::vector<std::string>& zip) {
  std::vector<SweepPoint> points(1);
  for (const std::string& axis : grid) {
    const auto [path, values] = parse_axis(axis, "--grid");
    if (points.size() * values.size() > max_points)
      throw UsageError(fmt::format("the sweep has more than {} points", max_points));
    std::vector<SweepPoint> crossed;
    for (const SweepPoint& point : points) {
      for (const std::string& value : values) {
        crossed.push_back(point);
        crossed.back().emplace_back(path, value);
      }
    }
    points = std::move(crossed);
  }
  std::vector<SweepPoint> lines;
  for (const std::string& axis : zip) {
    const auto [path, values] = parse_axis(axis, "--zip");
    if (lines.empty()) lines.resize(values.size());
    if (lines.size() != values.size()) {
      throw UsageError(
          fmt::format("--zip {}: {} values, the other zipped lists have {}", path, values.size(), lines.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) lines[i].emplace_back(path, values[i]);
  }
  if (lines.empty()) return points;
  std::vector<SweepPoint> crossed;
  for (const SweepPoint& point : points) {
    for (const SweepPoint& line : lines) {
      crossed.push_back(point);
      crossed.back().insert(crossed.back().end(), line.begin(), line.end());
    }
  }
  return crossed;
}

std::string to_text(const SweepPoint& point) {
  std::string text;
  for (const auto& [path, value] : point) text += fmt::format("{}{}={}", text.empty() ? "" : " ", path, value);
  return text;
}

}  // namespace dovetail::verbs
