// Points as JSON objects of named values, both ways.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// {name: value}: reals as numbers, integers as integers, an ordinal's value, a category's name, a permutation's items
/// in order, a factorization's factors in the order of its slots.
nlohmann::ordered_json point_to_json(const Space& space, const Point& point);

/// The point of such an object: every parameter named once, every value within its domain, all constraints kept. None
/// otherwise, and `error` says what is wrong.
std::optional<Point> point_from_json(const Space& space, const nlohmann::ordered_json& value, std::string& error);

}  // namespace dovetail
