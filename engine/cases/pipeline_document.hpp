// Documents of schema pipeline-case/1: a chain of layers, boards with their designs, bounds on the period.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/engine/place/pipeline.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A problem with the bounds that are asked, and the names of its layers and boards.
struct PipelineCase {
  PipelineProblem problem;
  std::vector<std::string> layer_names;
  std::vector<double> bounds;  ///< empty: multiples of the least period
  double clock_mhz = 100.0;
};

/// Whether the document says so, or has no schema and a list of boards.
bool is_pipeline(const Node& document);

/// `layers` (in the letters of the tile model), `boards` (`type`, `static_mw`, `dynamic_mw`, `tiles`, `cycles`: a list
/// per design; without `cycles`, the tiles priced by the geometric edition on the board called `type`),
/// `transfer_cycles`, `edges` (none: a chain), `period_at_most` (a list; or as in the answers, `with_bound`). Other
/// answers are not read.
PipelineCase read_pipeline(const Node& document, Diagnostics& diagnostics);

/// `least_period`, `fewest_boards_at_it`, `period_plan`, `with_bound` (`period_at_most`, `least_energy`, `energy_plan`,
/// `most_utilisation`, `utilisation_plan`). Without bounds: 1, 1.15, 1.5 and 2.5 times the least period.
nlohmann::ordered_json answer_pipeline(const PipelineCase& pipeline_case, const Pipelines& pipelines);

/// The same for people, with a timeline of the boards over some periods.
std::string pipeline_text(const PipelineCase& pipeline_case, const Pipelines& pipelines);

}  // namespace dovetail
