// A study as a user writes it: which networks, which family, what may change, what is wanted, how to search.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/record/trial.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A network of a study, with its weight when several share one accelerator.
struct StudyWorkload {
  std::string name;  ///< zoo name or path of a descriptor
  double weight = 1.0;
  Location where;
  std::vector<std::string> more = {};  ///< further files of the same network
};

/// A value that a study fixes, or a range that it narrows: read against the family when the study starts.
struct StudyEntry {
  std::string name;  ///< of a parameter, group.name
  Node value;
  Location where;  ///< of the name
};

/// `spec` of a study: metric <= max or metric >= min.
struct StudySpec {
  Spec spec;
  std::string text;
};

/// How several networks become one number.
enum class Combine : std::uint8_t { sum, worst };

/// When a study suggests, and what it knows then: a part of what the study is, whoever evaluates.
///
/// Rounds (lag = 0): `batch` points, once every trial before them is known. Lag: trial k alone, once exactly the trials
/// up to k - lag are known; so `lag` trials are open at a time, and a slow one holds up only those that wait for it.
struct Pace {
  int batch = 2;
  int lag = 0;

  int points_at_once() const { return lag > 0 ? 1 : batch; }
  int open_at_once() const { return lag > 0 ? lag : batch; }
  /// With so many trials open.
  bool may_suggest(std::int64_t open) const { return lag > 0 ? open < lag : open == 0; }
  bool tells(std::int64_t open) const { return lag > 0 || open == 0; }
};

/// A study. Relative paths count from the study file's folder. Defaults are those of the command line.
///
///     workload: resnet18
///     family: eyeriss
///     fixed: {hw.pe_x: 14}
///     space: {hw.pe_y: [8, 16]}
///     specs: [area_um2 <= 4e6]
///     trials: 40
struct Study {
  std::vector<StudyWorkload> workloads;
  ImportOptions import;  ///< what is said about files of other tools
  std::string family;
  Location family_where;
  std::vector<StudyEntry> fixed, space;
  std::string objective = "edp";
  std::vector<StudySpec> specs;
  Combine combine = Combine::sum;
  std::string designer = "bayes";
  std::map<std::string, std::string> designer_options;
  std::string mapper = "exact";
  std::int64_t budget = 0;  ///< mapping evaluations per layer, 0: the mapper's default
  double gap = 0.0;         ///< mappers may stop within this share of the bound
  std::string bypass = "search";
  std::string factors = "perfect";  ///< of loops: they divide the extents, or cover them (imperfect)
  std::string placement = "even";   ///< one tile a level for all tensors, or each at its own depth (uneven)
  std::string model = "loop";
  std::string fusion =
      "none";  ///< what results of layers may stay on chip: none, homes (whole ones), bands (parts as well)
  Location fusion_where;
  std::string evaluator;              ///< command of the user's simulator, which then decides; empty: `model` does
  double evaluator_timeout_s = 60.0;  ///< for one of its answers
  int candidates = 8;                 ///< mappings per layer that it is asked about, best first; 0: the whole front
  std::optional<double> clock_mhz;    ///< for power_mw and latency_ms; none: the family's
  std::int64_t trials = 50;
  bool prove = false;  ///< after the trials, evaluate every point that its bound does not exclude (finite spaces)
  int batch = 2;
  std::optional<int> lag;  ///< in place of `batch`: trial k is suggested knowing exactly the trials up to k - lag
  std::uint64_t seed = 0;
  std::optional<double> time_s;
  std::string store;
  std::string folder;  ///< of the study file; empty: the working directory

  Pace pace() const { return {batch, lag.value_or(0)}; }
};

/// Reads a study document. Every mistake is reported at its place.
Study read_study(const Node& document, Diagnostics& diagnostics);

/// Applies `path=value` (the keys of the study file; `fixed.hw.pe_x=14`; a bare parameter `hw.pe_x=14` means fixed).
/// `source` names the option in messages, such as "--set".
void set_value(Study& study, const std::string& assignment, const std::string& source, Diagnostics& diagnostics);

/// JSON Schema of the study file, from the table that reads it.
nlohmann::ordered_json study_schema();

/// One line per key, for help.
std::string study_help();

}  // namespace dovetail
