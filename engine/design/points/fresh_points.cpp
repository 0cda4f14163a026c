// Draws feasible points that are not known: by sampling, and by listing once samples keep repeating.
#include <dovetail/engine/design/points/fresh_points.hpp>

#include <algorithm>

namespace dovetail {

std::optional<Point> FreshPoints::draw(Random& random) {
  std::optional<Point> point = look(random);
  if (!point && admits_ && !admitted_) {
    // Nothing is admitted, as far as draws can tell: what is closest to the limit can be told from any points.
    admits_ = nullptr;
    listed_ = complete_ = false;
    point = look(random);
  }
  admitted_ = admitted_ || point.has_value();
  return point;
}

void FreshPoints::list() {
  listed_ = true;
  list_ = space_.enumerate(enumerable + 1);
  complete_ = list_.size() <= enumerable;
}

std::string FreshPoints::memory() const {
  std::string text;
  if (listed_) text += "listed ";
  if (admitted_) text += "admitted ";
  if (!admits_) text += "all ";
  return text;
}

void FreshPoints::restore(const std::string& memory) {
  const auto has = [&](const char* word) { return memory.find(word) != std::string::npos; };
  admitted_ = has("admitted");
  if (has("all")) admits_ = nullptr;
  if (has("listed") && !listed_) list();
}

std::optional<Point> FreshPoints::look(Random& random) {
  constexpr int patience = 64;  // repeats in a row before the space is worth listing
  if (!complete_) {
    for (int attempt = 0; attempt < patience; ++attempt) {
      std::optional<Point> point = space_.sample(random);
      if (!point) return std::nullopt;
      if (!known(*point)) return point;
    }
    if (!listed_ && space_.finite()) list();
  }
  if (complete_) {
    std::erase_if(list_, [&](const Point& point) { return known(point); });
    if (list_.empty()) return std::nullopt;
    return list_[static_cast<std::size_t>(random.below(list_.size()))];
  }
  for (int attempt = 0; attempt < 100 * patience; ++attempt) {
    std::optional<Point> point = space_.sample(random);
    if (point && !known(*point)) return point;
  }
  return std::nullopt;
}

}  // namespace dovetail
