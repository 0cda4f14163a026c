// A designer whose first points are drawn for it.
#pragma once

#include <functional>
#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// Where the first points come from. `count` of them (negative: all), and one of `every` later ones (0: none).
struct FirstDraws {
  std::function<std::optional<Point>(Random&)> draw;
  int count = 0, every = 0;
  std::uint64_t seed = 0;
};

/// The first points that are suggested are draws, the later ones mostly those of `designer`, which is told of all.
std::unique_ptr<Designer> with_first_draws(std::unique_ptr<Designer> designer, FirstDraws draws);

}  // namespace dovetail
