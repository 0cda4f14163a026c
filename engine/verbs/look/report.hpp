// report: what a store knows, of a finished, a running or a cut-off study.
#pragma once

#include <optional>
#include <string>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct ReportOptions {
  bool page = false;  ///< one self-contained page instead, as the answer's text
};

const Record<ReportOptions>& report_table();

/// The study of a store: a file, or postgresql://HOST/DATABASE#STUDY. Throws StorageError.
Answer report(const std::string& store, const ReportOptions& options, const Asking& asking);

/// The page of what a store has now, for browsers that load it again every so many seconds (unless the study has
/// ended), and whether the study has ended. Throws StorageError.
struct LivePage {
  std::string text;
  bool ended = false;
};
LivePage live_page(const std::string& store, std::optional<double> every_s);

}  // namespace dovetail::verbs
