// The limits of a study in its reports: asked, reached, what is left, and which of them bind.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

/// {metric, max or min, unit, in_bound} per limit, in the order given; `in_bound`: the bound of the space uses it,
/// because it needs no mapping to be known.
nlohmann::ordered_json specs_json(const Codesign& codesign);

/// The same with what designs have of each: `reached` and `slack` (what is left, as a share of the limit) of the best
/// design, `binds`: at most 2 % are left, or its best mappings would break it; `hand` and `hand_breaks` of the hand
/// design. Null where there is no such design.
nlohmann::ordered_json reached_specs(const nlohmann::ordered_json& specs, const nlohmann::ordered_json& best,
                                     const nlohmann::ordered_json& hand);

/// "area_um2 <= 4000000".
std::string spec_text(const nlohmann::ordered_json& spec);
/// The limits that a design breaks, in words; empty where none.
std::vector<std::string> broken_limits(const nlohmann::ordered_json& result, const nlohmann::ordered_json& design);

/// A line per limit; empty where there are none.
std::string limits_text(const nlohmann::ordered_json& result);
/// The best design beside the hand design: how far below it, or, where a limit costs more than the hardware gains, at
/// what ratio of the objective and of what is limited.
std::string comparison_text(const nlohmann::ordered_json& result);

/// What the limits would have to be for the trial that breaks them least, from {id, specs} of a result.
std::string closest_text(const nlohmann::ordered_json& result);
/// {id, point, specs: [{metric, max or min, found, holds, relaxed}]}, or null.
nlohmann::ordered_json closest_json(const Codesign& codesign, const CodesignResult& result,
                                    nlohmann::ordered_json point);

}  // namespace dovetail
