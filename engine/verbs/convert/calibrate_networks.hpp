// calibrate with `networks`: a table of costs from measured networks.
#pragma once

#include <string>

#include <dovetail/engine/verbs/convert/calibrate.hpp>

namespace dovetail::verbs {

/// Bias and one number per block and operator for every metric, as the table that `cost: {table: FILE}` reads, with the
/// cross-validated error above it. Without a key every column that is no metric is a block with its operator.
Answer calibrate_networks(const std::string& path, const CalibrateOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
