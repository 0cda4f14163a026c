// sweep: one study per point of a grid, one row each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/engine/verbs/search/study_of.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct SweepOptions {
  std::vector<std::string> grid, zip;  ///< path=a,b,c; the grid's are crossed, the zipped walked side by side
  std::string points;                  ///< file of JSON lines {path: value, ...}, in place of both
  std::string store;                   ///< of the rows; empty: none
  bool resume = false, hold = false;   ///< hold: parameters outside the grid stay at the hand design
};

const Record<SweepOptions>& sweep_table();

struct SweepRow {
  Json record;
  std::vector<std::string> cells;  ///< of the columns
};

/// Who wants rows as soon as all earlier ones are there. Both may be empty.
struct SweepWatch {
  std::function<void(const std::vector<std::string>& columns)> begin;
  std::function<void(const SweepRow& row)> row;
};

/// The record is the list of rows, the text their table. Mistakes in any row are met before anything is searched.
/// Throws UsageError, InputError, StorageError.
Answer sweep(const StudyWords& words, const SweepOptions& options, const Asking& asking, const SweepWatch& watch = {});

}  // namespace dovetail::verbs
