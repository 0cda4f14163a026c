// What a search makes small: a product of powers of energy and cycles, by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// The objective of a text: `edp` (energy x cycles), `energy`, `cycles`, `ed2p` (energy x cycles^2), or a product of
/// powers such as `energy^2*cycles` or `energy^0.5*cycles^1`. None when it cannot be read; exponents are in [0, 8], and
/// at least one is positive.
std::optional<MappingObjective> parse_objective(const std::string& text);

/// What a study makes small: one product of powers, or several metrics at once, whose trade-off is the answer.
struct StudyObjective {
  MappingObjective mapping;          ///< of one layer's mappings: for several metrics the product of those of a mapping
  std::vector<std::string> metrics;  ///< of a design, all made small; empty: the product alone
};

/// A product as above, or names joined by commas: edp, energy, cycles, area, power, latency.
std::optional<StudyObjective> parse_study_objective(const std::string& text);

/// "edp" where a product has a name, otherwise the product.
std::string objective_name(const MappingObjective& objective);

/// "edp, energy, cycles, ed2p, or a product such as energy^2*cycles": the end of a message.
std::string objective_help();

/// The unit of an objective: "pJ x cycles" for edp.
std::string objective_unit(const MappingObjective& objective);

}  // namespace dovetail
