// Points as JSON objects {name: value}, with located mistakes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include <dovetail/spaces/space/space.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// {name: value} in the order of the parameters: numbers for real, integer and ordinal, text for categorical, the list
/// of items in their order for a permutation, the list of factors for a factorization. Categories and items that all
/// read as numbers, or as true and false, are written as such. Reads back as the same point.
nlohmann::ordered_json to_json(const Space& space, const Point& point);

/// The point in a mapping {name: value}. Unknown, missing and doubled names, wrong types and values outside the domain
/// are located errors, all of them at once, and the answer is none. An ordinal value may differ from a listed one by
/// 1e-9 of it. Constraints are not looked at: ask Space::contains.
std::optional<Point> read_point(const Node& node, const Space& space, Diagnostics& diagnostics);

}  // namespace dovetail
