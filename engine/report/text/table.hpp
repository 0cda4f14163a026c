// Aligned columns of text: the form of every table that the program prints.
#pragma once

#include <string>
#include <vector>

namespace dovetail {

/// Rows of cells. Columns are as wide as their widest cell; columns where every cell below the title reads as a number
/// are aligned to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::size_t rows() const { return rows_.size() - 1; }

  /// Text with `indent` spaces in front of every row, and without spaces at the end of any.
  std::string text(int indent = 2) const;
  /// Comma-separated values; cells with commas, quotes or line ends are quoted.
  std::string csv() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// One cell of comma-separated values, no formula for a spreadsheet ('=1+1) and nothing that a terminal obeys.
std::string csv_cell(const std::string& text);

/// Characters that a terminal shows: UTF-8 continuation bytes do not count.
std::size_t display_width(const std::string& text);

/// "1.234e+15", "1234567", "12.5": a number for people, four significant digits, integers below a million in full.
std::string short_number(double value);

/// 0.1234 -> "12.3 %".
std::string percent(double share);

}  // namespace dovetail
