// The study of a command: a file, options over it, --set over both.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/study/study.hpp>

#include "import_options.hpp"
#include "search_options.hpp"

namespace dovetail::cli {

struct StudyOptions : SearchOptions {
  std::string file;
  std::vector<std::string> workloads, specs;
  ImportOptions import;
  std::string family, designer = "bayes", store;
  bool prove = false;
  std::int64_t trials = 50;
  int batch = 2, lag = 0;
};

/// Adds STUDY, --workload, --family, --spec, --designer, --trials, --batch, --lag, --store and the search options.
void add_study_options(CLI::App& command, StudyOptions& options);

/// Replaces values of a study by the options that were given, but for --workload, --family, --objective and --spec.
void apply_options(const CLI::App& command, const StudyOptions& options, const Common& common, Study& study);

/// The study: values of the file, replaced by options that were given, replaced by --set. Throws InputError.
Study make_study(const CLI::App& command, const StudyOptions& options, const Common& common);

}  // namespace dovetail::cli
