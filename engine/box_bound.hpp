// A bound of a hardware space too large to list: boxes of machines, each bounded by the ideal machine of the box.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include <dovetail/engine/codesign.hpp>

namespace dovetail {

/// What is known of all machines of a space at once.
struct BoxBound {
  double lower_bound = 0.0;  ///< of the objective over the space, at most the incumbent; 0: none known
  std::int64_t boxes = 0;    ///< that were bounded
};

/// Branch and bound over the space. A box holds a range of every parameter; no machine in it, whatever its mappings, is
/// better than the ideal machine of the box (Codesign::bound). Parameters that shape the machine are fixed first; then the
/// box with the least bound is halved where that raises the bound most, until the least belongs to a machine that exists,
/// until none is below the incumbent, or until `most_boxes` are bounded. What is already proven of single machines counts.
/// The answer does not depend on the number of threads. Nothing is known of spaces of more than `most_boxes`
/// shapes.
BoxBound bound_boxes(const Codesign& codesign, double incumbent, const std::map<Point, double>& proven,
                     std::int64_t most_boxes, int threads, const std::function<bool()>& stop = {});

}  // namespace dovetail
