// A whole Timeloop design in one file or several: problem, architecture, energies, areas and mapping, as one of ours.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/import/timeloop_directives.hpp>
#include <dovetail/accelerators/import/timeloop_mapping.hpp>
#include <dovetail/accelerators/mapping/design.hpp>

namespace dovetail {

/// Whether each file is a YAML document of Timeloop or Accelergy (problem, architecture, ERT, ART, mapping,
/// constraints). Never throws: what is no YAML is not one.
bool are_timeloop_documents(const std::vector<std::string>& files);

/// Whether the files are such documents and hold a problem, an architecture and its energies: all that a design needs.
bool hold_timeloop_design(const std::vector<std::string>& files);

/// What was read, and what constrains the search for mappings.
struct TimeloopDesign {
  Design design;
  TimeloopMachine machine;        ///< design.architecture, with the names of its parts
  std::vector<Node> constraints;  ///< as written: architecture_constraints, mapspace_constraints
  std::vector<Remark> remarks;
};

/// What the constraints of the files and of the parts of the machine say; an evaluation does not need them.
std::vector<TimeloopDirective> read_timeloop_constraints(const TimeloopDesign& design, Diagnostics& diagnostics);

/// The files, in any order, as one design. What a later file says replaces what an earlier one said (the mapping that a
/// mapper found, over that of the processed input). Throws InputError with all mistakes.
TimeloopDesign read_timeloop_design(const std::vector<std::string>& files);

}  // namespace dovetail
