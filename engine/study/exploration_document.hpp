// A search over networks as a text that reads back to the same trials anywhere: for workers on other machines.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// How a search over networks came to be: a document, and what was said over it.
struct ExplorationWords {
  Node document;                         ///< with its preset
  std::vector<std::string> assignments;  ///< path=value, in their order
};

/// Document, words and files of a study in one text, "dovetail-packed-exploration/1". Throws InputError when a file
/// cannot be read.
std::string pack_exploration(const ExplorationStudy& study, const ExplorationWords& words);

/// The study of such a text. Its files are written into `folder`, which outlives the study. `name` stands in messages.
/// Throws InputError.
ExplorationStudy unpack_exploration(const std::string& text, const std::string& folder, const std::string& name);

/// The commands that a study runs: its evaluator, what prices and what trains, without repetition.
std::vector<std::string> commands_of(const ExplorationStudy& study);

}  // namespace dovetail
