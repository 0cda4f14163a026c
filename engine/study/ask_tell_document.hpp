// An ask/tell session from the document of its space and goal: what `serve` and the C API open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

struct SessionOptions {
  std::string designer = "bayes";
  std::map<std::string, std::string> designer_options;
  std::uint64_t seed = 0;
  int threads = 0;
  std::string store;                      ///< file that records every call; empty: none
  bool resume = false;                    ///< go on with the session in the store
  std::string command;                    ///< kept in the store for reports
  std::vector<std::string> related = {};  ///< stores of related studies over the same parameters, to learn from
};

/// The space has no feasible point, as far as is known: exit code 4. The text says whether that is proven, which
/// constraint closes the space, and what would have to be relaxed.
struct NoFeasiblePoint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A session over `{parameters: [...], constraints: [...], goal: {...}}` (read_space, read_goal). Throws InputError
/// with every mistake of the document, NoFeasiblePoint, std::invalid_argument for an unknown designer or option,
/// StorageError.
std::unique_ptr<AskTell> open_session(const Node& document, const SessionOptions& options);

}  // namespace dovetail
