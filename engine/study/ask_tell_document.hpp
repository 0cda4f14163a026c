// An ask/tell session from the document of its space and goal: what `serve` and the C API open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
  std::string store;    ///< file that records every call; empty: none
  bool resume = false;  ///< go on with the session in the store
  std::string command;  ///< kept in the store for reports
  std::vector<std::string> related =
      {};  ///< stores of related studies over the same parameters, to learn from
};

/// A session over `{parameters: [...], constraints: [...], goal: {...}}` (read_space, read_goal). Throws InputError with
/// every mistake of the document, std::invalid_argument for an unknown designer or option, StorageError.
std::unique_ptr<AskTell> open_session(const Node& document, const SessionOptions& options);

}  // namespace dovetail
