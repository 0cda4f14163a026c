// The study that a verb searches: a document, and what was said over it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/study/exploration_document.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

/// A key of a study with a value that replaces the document's: trials, evaluator.timeout. The value's place is who said
/// so, such as the option --trials.
struct Said {
  std::string path;
  Node value;
};

/// What a study is made of. `asking.set` counts over all of it.
struct StudyWords {
  Node document;  ///< null: none
  std::string preset;
  std::vector<Said> said;

  bool says(const std::string& path) const;
};

/// The study, whose networks are given. Throws UsageError and InputError.
Study plain_study(const StudyWords& words, const Asking& asking);

/// The study, when it searches networks. Throws UsageError and InputError.
std::optional<ExplorationStudy> exploring_study(const StudyWords& words, const Asking& asking);

/// The words of the same study, for workers.
ExplorationWords exploration_words(const StudyWords& words, const Asking& asking);

}  // namespace dovetail::verbs
