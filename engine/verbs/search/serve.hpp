// serve: a search that suggests points and learns outcomes, as questions and answers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct ServeOptions {
  std::string designer = "bayes";
  std::string store;                 ///< file that records every call; empty: none
  std::vector<std::string> related;  ///< stores of related studies to learn from
  bool resume = false;
  std::vector<std::string> lines;  ///< questions, each {"ask": n} or {"tell": [...]} as JSON
};

const Record<ServeOptions>& serve_table();

/// A session over a space and its goal. `asking.set` are options of the designer, name=value. Throws UsageError,
/// InputError, StorageError, NoFeasiblePoint.
std::unique_ptr<AskTell> open_serving(const Node& space, const ServeOptions& options, const Asking& asking);

/// The answers to `options.lines`, in order; in a dry run what would be searched.
Answer serve(const Node& space, const ServeOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
