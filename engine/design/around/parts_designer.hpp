// Objectives that are means of parts, each of parameters of its own: every trial tells of all parts, and parts go
// together.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// One part of the mean: what every trial tells of it, and the numbers of a point on which alone it depends.
struct ObjectivePart {
  std::string metric;
  double weight = 1.0;
  int first = 0;
  Space space;  ///< of these numbers
};

struct ObjectiveParts {
  std::string metric;                ///< the objective, to be made large: sum of weight x part over the sum of weights
  std::vector<ObjectivePart> parts;  ///< they have all numbers of a point between them
  std::function<bool(const Point&)> admits;  ///< the space and every limit
  std::uint64_t seed = 0;
};

/// Suggestions around those of `designer`, which is told of all trials:
///
///     known     of the parts that trials have shown, the admitted combination with the largest objective is known
///     without an
///               evaluation: at most every third suggestion is that one, where it is better than every trial
///     believed  once each part has been seen often enough for its dimension, a Gaussian process per part; the mean and
///     the variance
///               of the objective are sums of theirs. Parts are chosen in turn, the others held, by expected
///               improvement among draws, neighbours of the best and known ones, from the best trials and from mixtures
///               of them
///     asked     every fourth suggestion is the designer's
std::unique_ptr<Designer> with_parts(std::unique_ptr<Designer> designer, ObjectiveParts parts);

}  // namespace dovetail
