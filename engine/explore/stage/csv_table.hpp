// Tables of comma-separated values, every mistake with its line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// A table as written: cells are texts. Lines that begin with # and empty ones are left out.
struct CsvTable {
  std::string file;
  std::string digest;
  std::vector<std::string> columns;
  int header_line = 1;
  struct Row {
    int line = 0;
    std::vector<std::string> cells;
  };
  std::vector<Row> rows;

  int find(const std::string& column) const;  ///< position, or -1
  Location at(const Row& row) const { return {file, row.line, 1, ""}; }
  Location header() const { return {file, header_line, 1, ""}; }
  /// The position of a column; a missing one is an error with the nearest.
  int require(const std::string& column, const Location& named_at, Diagnostics& diagnostics) const;
};

/// The table in a file. Rows whose number of cells is not that of the header are errors. Throws InputError when it
/// cannot be read; `named_at` is where the user named it.
CsvTable load_csv(const std::string& path, const Location& named_at, Diagnostics& diagnostics);

/// A finite number in a cell, or none.
std::optional<double> csv_number(const std::string& cell);

/// Collects mistakes of rows: the first ten are told, the others counted.
class RowMistakes {
 public:
  explicit RowMistakes(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  void add(const Location& where, const std::string& message);
  ~RowMistakes();
  RowMistakes(const RowMistakes&) = delete;
  RowMistakes& operator=(const RowMistakes&) = delete;

 private:
  static constexpr int most = 10;
  Diagnostics& diagnostics_;
  int count_ = 0;
  Location last_;
};

}  // namespace dovetail
