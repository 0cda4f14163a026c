// Feasible points that nobody has suggested or told yet: the part of the designer contract that all designers
// share.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include <dovetail/spaces/space.hpp>

namespace dovetail {

/// Remembers points and draws new ones. In a finite space the draws end exactly when every feasible point is
/// known, as long as the space has at most `enumerable` of them; a larger one is only sampled.
class FreshPoints {
 public:
  static constexpr std::size_t enumerable = std::size_t{1} << 16;

  explicit FreshPoints(Space space) : space_(std::move(space)) {}

  /// Remembers a point; false when it was known.
  bool remember(const Point& point) { return seen_.insert(point).second; }
  bool known(const Point& point) const { return seen_.count(point) != 0; }

  /// A uniformly drawn feasible point that is not known, or none when there is none (left).
  std::optional<Point> draw(Random& random);

  const Space& space() const { return space_; }

 private:
  Space space_;
  std::set<Point> seen_;
  bool listed_ = false;    ///< `list_` was asked for
  bool complete_ = false;  ///< `list_` holds every feasible point that may still be unknown
  std::vector<Point> list_;
};

}  // namespace dovetail
