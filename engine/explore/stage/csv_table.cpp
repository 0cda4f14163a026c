// Reading of comma-separated values.
#include <dovetail/engine/explore/stage/csv_table.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Cells of a line; a quoted cell may hold commas, and "" for a quote.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        cells.back() += line[++i];
      else
        quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  for (std::string& cell : cells) cell = trimmed(cell);
  return cells;
}

}  // namespace

int CsvTable::find(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

int CsvTable::require(const std::string& column, const Location& named_at, Diagnostics& diagnostics) const {
  const int at = find(column);
  if (at < 0)
    diagnostics.error(named_at, fmt::format("{} has no column {}{}", file, quote(column), suggestion(column, columns)));
  return at;
}

std::optional<double> csv_number(const std::string& cell) {
  double value = 0.0;
  const char* begin = cell.data();
  const char* end = begin + cell.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || rest != end || begin == end || !std::isfinite(value)) return std::nullopt;
  return value;
}

CsvTable load_csv(const std::string& path, const Location& named_at, Diagnostics& diagnostics) {
  CsvTable table;
  table.file = path;
  std::string text;
  try {
    text = read_text(path);
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics())
      diagnostics.error(
          diagnostic.where.line > 0 ? diagnostic.where : named_at,
          diagnostic.where.line > 0 ? diagnostic.message : fmt::format("{}: {}", path, diagnostic.message));
    return table;
  }
  table.digest = digest(text);
  RowMistakes mistakes(diagnostics);
  int line = 0;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    const std::string whole = trimmed(text.substr(start, end - start));
    start = end + 1;
    ++line;
    if (whole.empty() || whole.front() == '#') continue;
    std::vector<std::string> cells = cells_of(whole);
    if (table.columns.empty()) {
      table.columns = std::move(cells);
      table.header_line = line;
      for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (std::count(table.columns.begin(), table.columns.end(), table.columns[i]) > 1 &&
            table.find(table.columns[i]) == static_cast<int>(i))
          diagnostics.error(table.header(), fmt::format("the column {} stands twice", quote(table.columns[i])));
      continue;
    }
    if (cells.size() != table.columns.size()) {
      mistakes.add({path, line, 1, ""},
                   fmt::format("the row has {} cells, the header has {}", cells.size(), table.columns.size()));
      continue;
    }
    table.rows.push_back({line, std::move(cells)});
  }
  if (table.columns.empty()) diagnostics.error({path, 1, 1, ""}, "the table is empty: expected a header and rows");
  return table;
}

void RowMistakes::add(const Location& where, const std::string& message) {
  if (++count_ <= most) diagnostics_.error(where, message);
  last_ = where;
}

RowMistakes::~RowMistakes() {
  if (count_ > most) diagnostics_.error(last_, fmt::format("and {} more rows like these", count_ - most));
}

}  // namespace dovetail
