// Feasible points that nobody has suggested or told yet: the part of the designer contract that all designers
// share.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// Remembers points and draws new ones. Points that `admits` (optional) refuses count as known, as long as any other
/// can be found: a limit that can be checked without an evaluation is kept like a constraint of the space. In a finite
/// space the draws end exactly when every feasible point is known, as long as the space has at most `enumerable` of
/// them; a larger one is only sampled.
class FreshPoints {
 public:
  static constexpr std::size_t enumerable = std::size_t{1} << 16;

  explicit FreshPoints(Space space, std::function<bool(const Point&)> admits = {})
      : space_(std::move(space)),
        admits_(std::move(admits)) {}

  /// Remembers a point; false when it was known.
  bool remember(const Point& point) { return seen_.insert(point).second; }
  bool known(const Point& point) const { return seen_.count(point) != 0 || (admits_ && !admits_(point)); }

  /// A uniformly drawn feasible point that is not known, or none when there is none (left).
  std::optional<Point> draw(Random& random);

  /// Up to `count` points that `next` answers, one after the other, each remembered before the next one; ends at the
  /// first time that it has none.
  template <typename Next>
  std::vector<Point> take(int count, const Next& next) {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      std::optional<Point> point = next();
      if (!point) break;
      remember(*point);
      points.push_back(std::move(*point));
    }
    return points;
  }

  /// As if `take` had answered these points: how often it asked `next`.
  std::uint64_t took(int count, std::span<const Point> points) {
    for (const Point& point : points) remember(point);
    return points.size() + (static_cast<int>(points.size()) < count ? 1 : 0);
  }

  /// What draws have taught, for `restore`.
  std::string memory() const;
  void restore(const std::string& memory);

  const Space& space() const { return space_; }

 private:
  void list();
  std::optional<Point> look(Random& random);

  Space space_;
  std::function<bool(const Point&)> admits_;
  bool admitted_ = false;  ///< some draw was
  std::set<Point> seen_;
  bool listed_ = false;    ///< `list_` was asked for
  bool complete_ = false;  ///< `list_` holds every feasible point that may still be unknown
  std::vector<Point> list_;
};

}  // namespace dovetail
