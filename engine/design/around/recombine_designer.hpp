// The best known parts put together: for objectives that are means of parts, each of parameters of its own.
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
  int first = 0, count = 0;
};

struct Recombination {
  std::string metric;                ///< the objective, to be made large: sum of weight x part over the sum of weights
  std::vector<ObjectivePart> parts;  ///< they have all numbers of a point between them
  std::function<bool(const Point&)> admits;  ///< the space and every limit
};

/// Of the parts that trials have shown, the admitted combination with the largest objective is known without an
/// evaluation. At most every third suggestion is that combination, where it is better than every trial; the others are
/// those of `designer`, which is told of all.
std::unique_ptr<Designer> with_recombination(std::unique_ptr<Designer> designer, Recombination recombination);

}  // namespace dovetail
