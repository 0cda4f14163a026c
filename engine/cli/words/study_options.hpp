// The study of a command: a file, and options over it.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/search/study_of.hpp>

#include "import_options.hpp"

namespace dovetail::cli {

struct StudyOptions {
  std::string file;
  std::vector<std::string> workloads, specs;
  ImportOptions import;
  std::vector<verbs::Said> said;  ///< by the flags of the study's keys
  bool keeps_store = true;        ///< whether --store is the study's
};

/// Adds STUDY, --workload, --spec, and a flag for every key of a study that has a value of its own. `options` outlive
/// the command.
void add_study_options(CLI::App& command, StudyOptions& options);

/// What the words of a command make a study of. Throws InputError.
verbs::StudyWords study_words(const CLI::App& command, const StudyOptions& options, const std::string& preset);

}  // namespace dovetail::cli
