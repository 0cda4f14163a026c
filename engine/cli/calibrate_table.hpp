// calibrate --networks: a table of costs from measured networks.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"

namespace dovetail::cli {

struct TableOptions {
  std::vector<std::string> metrics;  ///< columns with measured costs
  std::string family, key;           ///< networks given by canonical texts of this family in this column
};

/// Prints bias and one number per block and operator for every metric, as the table that `cost: {table: FILE}` reads, with the
/// cross-validated error above it. Without a key every column that is no metric is a block with its operator.
int calibrate_table(const std::string& path, const TableOptions& options, const Common& common);

}  // namespace dovetail::cli
