// Documents of schema placement-case/1: layers with their prices on several machines, dependencies, deadlines.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A problem with the deadlines that are asked, and the names of what it is about.
struct PlacementCase {
  PlacementProblem problem;
  std::vector<std::string> machines, networks;
  std::vector<double> deadlines;  ///< of the whole schedule; empty: multiples of the least makespan
  double hyperperiod = 0.0;       ///< > 0: networks are periodic, and the schedule repeats after so many cycles
};

/// Whether the document says so, or has no schema but machines and edges.
bool is_placement(const Node& document);

/// `machines` (a number or names), `layers` (`network`, `cycles` and `energy` per machine with null where it cannot
/// run, `transfer`, and optionally `name`, `kind`, `release`, `deadline`), `edges` [before, after], `makespan_at_most`
/// (a list; or as in the answers, `with_deadline`), `networks` (by number: `name`, `release`, `deadline`, `period` in
/// cycles). A network with a period occurs once in each period of the least common multiple of all periods, and must
/// end within it, or within its deadline after each release.
PlacementCase read_placement(const Node& document, Diagnostics& diagnostics);

/// `least_makespan`, `least_energy`, `least_edp`, `front`, `makespan_plan`, `edp_plan` ([layer, machine, start]),
/// `with_deadline` (`makespan_at_most`, `least_energy`), and `exact`, `bounds` and `gaps`. Without deadlines:
/// 1, 1.1, 1.3, 1.7 and 2.5 times the least makespan.
nlohmann::ordered_json answer_placement(const PlacementCase& placement_case, const PlacementResult& result);

/// The same for people: the front, bounds and gaps, a chart of who runs when, and every layer with what it would cost
/// elsewhere.
std::string placement_text(const PlacementCase& placement_case, const PlacementResult& result);

}  // namespace dovetail
