// Machines of many shapes as one: a machine that none of them improves on, and what its capacities cost.
#pragma once

#include <array>
#include <vector>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/map/exact/search_tables.hpp>
#include <dovetail/engine/map/exact/toll.hpp>

namespace dovetail {

/// Values of a parameter that decides a level's capacity, with the most words they give and the least its accesses cost
/// then, in the accesses of the class's machine.
struct CapacityStep {
  double low = 0.0, high = 0.0;  ///< numbers of the parameter, as boxes have them
  double words = 0.0;            ///< usable
  AccessEnergy energy;
};

/// A level whose capacity one parameter decides. Without steps it costs what its cheapest machine does.
struct CapacityChoice {
  int parameter = -1;
  std::vector<CapacityStep> steps;  ///< ascending words
};

/// Shapes with as many units, memories and words of the same width. Where no rule tells the axes of a mesh apart and
/// hops cost nothing, one row of as many children holds every unrolling of all of them; a word costs what it does in
/// the shape with the cheapest blocks and clusters. So no mapping costs less on any of the machines than on that of the
/// class.
struct ShapeClass {
  Box box;                   ///< holds all members
  std::vector<Box> members;  ///< one value of every shaping parameter each
  Architecture machine;
  std::vector<MappingRules> rules;  ///< per layer of the study: what any of the machines allows
  std::array<CapacityChoice, max_levels> capacity;

  /// What a layer's search pays for capacities within a part of the class.
  Toll toll(const Box& part, const MapProblem& problem) const;
  /// The first step in `part` that holds so many words, as a number of the level's parameter.
  double value(std::size_t level, const Box& part, double words) const;
};

/// All machines of a study's space, or none of them where the space has no boxes, or shapes that are too many.
std::vector<ShapeClass> shape_classes(const Codesign& codesign, std::size_t most_shapes, int threads);

/// A class of fewer shapes, or of a narrower box.
ShapeClass narrowed(const Codesign& codesign, const Box& box, std::vector<Box> members);

/// The least area of the members' machines within a part of their class: infinite without any.
double least_area_um2(const Codesign& codesign, const ShapeClass& shapes, const Box& part);

/// Two halves of the members: the cheaper ones by price of a word, and the others.
std::array<std::vector<Box>, 2> by_price(const Codesign& codesign, const std::vector<Box>& members);

}  // namespace dovetail
