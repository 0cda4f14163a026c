// Costs from a table: sum over the parts of a network of what stands for (block, operator), and a bias.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// The table in a file with the columns `block,operator,` (then `channels,` where widths matter) and metrics. A row
/// whose block is `bias` is added once per network. Every operator that some network has must be there once; mistakes
/// are located, the first ten of a kind. Costs of several networks are summed.
std::unique_ptr<Stage> load_table_pricer(const CandidateSpace& space, const std::string& path, const Location& named_at,
                                         Diagnostics& diagnostics);

}  // namespace dovetail
