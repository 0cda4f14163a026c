// Directives of Timeloop mappings and constraints: factors, permutations, and what is kept where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// One directive: what a mapping or a constraint says about one place.
struct TimeloopDirective {
  enum class Kind { temporal, spatial, keep };
  std::string target;
  Kind kind = Kind::temporal;
  std::vector<std::pair<int, std::int64_t>> factors;  ///< dimension, factor; 0: what is left of the extent
  std::vector<int> permutation;                       ///< dimensions, innermost first
  std::optional<int> split;                           ///< of a spatial one: so many of the permutation run along X
  unsigned keep = 0, bypass = 0;                      ///< of a keep directive, a bit per tensor
  Location where;
};

/// The directive in a mapping. Factors are `R=3,P=1` or `R3 P1`; a permutation is `RPK`, `R,P,K` or a list. None when
/// there was an error.
std::optional<TimeloopDirective> read_directive(const Node& node, const Layer& layer, Diagnostics& diagnostics);

}  // namespace dovetail
