// Sorting by parts, and pairs.
#include <dovetail/engine/design/bayes/part_moves.hpp>

#include <algorithm>
#include <numeric>

namespace dovetail {
namespace {

// The points with the least means of a part, each different in it.
std::vector<const Point*> best_of_part(const ObjectivePart& part, const std::vector<double>& means,
                                       const std::vector<Point>& pool, std::size_t count) {
  std::vector<std::size_t> order(pool.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return means[a] < means[b]; });
  std::vector<const Point*> result;
  for (const std::size_t i : order) {
    const auto begin = pool[i].numbers.begin() + part.first;
    const bool known = std::any_of(result.begin(), result.end(), [&](const Point* other) {
      return std::equal(begin, begin + part.count, other->numbers.begin() + part.first);
    });
    if (known) continue;
    result.push_back(&pool[i]);
    if (result.size() >= count) break;
  }
  return result;
}

void take_part(const ObjectivePart& part, const Point& from, Point& to) {
  std::copy_n(from.numbers.begin() + part.first, part.count, to.numbers.begin() + part.first);
}

}  // namespace

std::vector<Point> joined_parts(const Space& space, const PointFeatures& features, const Belief& belief,
                                std::span<const ObjectivePart> parts, std::vector<Point> pool, const Point& base,
                                Random& random) {
  constexpr int draws = 300, limit = 64;
  constexpr std::size_t kept = 24;
  for (int i = 0; i < draws; ++i)
    if (std::optional<Point> point = space.sample(random)) pool.push_back(std::move(*point));
  for (Point& near : space.neighbours(base, random, limit)) pool.push_back(std::move(near));
  const std::vector<std::vector<double>> means = belief.part_means(features.matrix(pool));
  std::vector<std::vector<const Point*>> best;
  for (std::size_t k = 0; k < parts.size(); ++k) best.push_back(best_of_part(parts[k], means[k], pool, kept));
  std::vector<Point> result;
  for (std::size_t k = 0; k + 1 < parts.size(); ++k)
    for (const Point* one : best[k])
      for (const Point* other : best[k + 1]) {
        result.push_back(base);
        take_part(parts[k], *one, result.back());
        take_part(parts[k + 1], *other, result.back());
      }
  return result;
}

}  // namespace dovetail
