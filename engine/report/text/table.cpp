// Aligned columns of text and comma-separated values.
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace dovetail {
namespace {

bool reads_as_number(const std::string& cell) {
  if (cell.empty() || cell == "-") return true;
  char* rest = nullptr;
  std::strtod(cell.c_str(), &rest);
  const std::string tail = rest;
  return rest != cell.c_str() && (tail.empty() || tail == "%" || tail == " %" || tail == "x");
}

// Spreadsheets calculate a cell that starts so, unless it is a number (OWASP, CSV injection).
bool reads_as_formula(const std::string& cell) {
  const std::size_t first = cell.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return false;
  for (const std::string_view start : {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}) {
    if (std::string_view(cell).substr(first).starts_with(start)) return cell.size() > 1 && !reads_as_number(cell);
  }
  return false;
}

}  // namespace

std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string Table::text(int indent) const {
  std::vector<std::vector<std::string>> rows = rows_;
  for (std::vector<std::string>& row : rows)
    for (std::string& cell : row) cell = printable_word(cell);
  const std::size_t columns = rows.front().size();
  std::vector<std::size_t> widths(columns, 0);
  std::vector<char> numeric(columns, rows.size() > 1 ? 1 : 0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < columns && c < rows[r].size(); ++c) {
      widths[c] = std::max(widths[c], display_width(rows[r][c]));
      if (r > 0 && !reads_as_number(rows[r][c])) numeric[c] = 0;
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    std::string line(static_cast<std::size_t>(indent), ' ');
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - display_width(row[c]), ' ');
      if (c > 0) line += "  ";
      line += numeric[c] != 0 ? pad + row[c] : row[c] + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line;
    out += '\n';
  }
  return out;
}

std::string csv_cell(const std::string& word) {
  const std::string text = (reads_as_formula(word) ? "'" : "") + printable(word);
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Table::csv() const {
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) out += ',';
      out += csv_cell(row[c]);
    }
    out += '\n';
  }
  return out;
}

std::string short_number(double value) {
  if (std::isfinite(value) && value == std::floor(value) && std::abs(value) < 1e7) return fmt::format("{:.0f}", value);
  if (std::abs(value) >= 1e-3 && std::abs(value) < 1e5) return fmt::format("{:.4g}", value);
  return fmt::format("{:.3e}", value);
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100.0 * share);
}

}  // namespace dovetail
