// Keep sets of a case, tiles that fit, and what fan-outs share (see the header).
#include <dovetail/engine/map/exact/search_case.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace dovetail {

std::vector<TileLattice::Id> fitting(const MapProblem& problem, int j, unsigned keep) {
  const MapLevel& level = problem.level[static_cast<std::size_t>(j)];
  std::vector<TileLattice::Id> tiles;
  for (std::size_t n = 0; n < problem.lattice.size(); ++n) {
    const auto id = static_cast<TileLattice::Id>(n);
    const double words = problem.words(j, keep, id);
    if (words <= level.capacity && words >= level.least_words) tiles.push_back(id);
  }
  return tiles;
}

namespace {

// Of each tensor the most children that hold equal data under one choice of a fan-out.
Multicast shared_by(const MapProblem& problem, const SpatialChoice& choice) {
  Multicast shared;
  shared.fill(1.0);
  for (std::size_t t = 0; t < problem.tensors.size(); ++t)
    shared[t] = choice.children / problem.tensors[t].least_groups(problem.lattice.extents(choice.tile));
  return shared;
}

// Without those that another one covers.
std::vector<Multicast> widest(std::vector<Multicast> all) {
  std::sort(all.begin(), all.end(), std::greater<>());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Multicast> kept;
  for (const Multicast& one : all) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Multicast& other) {
      for (std::size_t t = 0; t < one.size(); ++t) {
        if (one[t] > other[t]) return false;
      }
      return true;
    });
    if (!covered) kept.push_back(one);
  }
  return kept;
}

}  // namespace

Multicast most_shared(const MapProblem& problem, std::size_t level) {
  Multicast most;
  most.fill(1.0);
  if (!problem.level[level].spatial) return most;
  for (const SpatialChoice& choice : problem.level[level].choices) {
    const Multicast own = shared_by(problem, choice);
    for (std::size_t t = 0; t < most.size(); ++t) most[t] = std::max(most[t], own[t]);
  }
  return most;
}

std::vector<unsigned> keep_sets(const KeepChoice& choice) {
  std::vector<unsigned> sets;
  for (unsigned subset = choice.optional;; subset = (subset - 1) & choice.optional) {
    sets.push_back(choice.must | subset);
    if (subset == 0) return sets;
  }
}

std::vector<Multicast> multicasts(const MapProblem& problem) {
  std::vector<Multicast> all(1);
  all.front().fill(1.0);
  for (const MapLevel& level : problem.level) {
    if (!level.spatial) continue;
    std::vector<Multicast> own;
    for (const SpatialChoice& choice : level.choices) own.push_back(shared_by(problem, choice));
    own = widest(std::move(own));
    std::vector<Multicast> products;
    for (const Multicast& a : all) {
      for (const Multicast& b : own) {
        products.push_back(a);
        for (std::size_t t = 0; t < a.size(); ++t) products.back()[t] *= b[t];
      }
    }
    all = widest(std::move(products));
  }
  return all;
}

}  // namespace dovetail
