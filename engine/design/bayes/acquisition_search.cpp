// Candidates, climbs and gradient steps.
#include <dovetail/engine/design/bayes/acquisition_search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <dovetail/engine/design/points/point_moves.hpp>
#include <dovetail/surrogates/numeric/ascend.hpp>

namespace dovetail {
namespace {

struct Candidate {
  Point point;
  double score = -std::numeric_limits<double>::infinity();
};

class Search {
 public:
  Search(const AcquisitionProblem& problem, const AcquisitionSearch& options, Random& random)
      : problem_(problem),
        options_(options),
        random_(random) {}

  std::optional<Point> run(std::span<const Point> incumbents) {
    std::vector<Point> pool;
    draw(pool);
    around(incumbents, pool);
    std::vector<Candidate> candidates = scored(std::move(pool));
    if (candidates.empty()) return std::nullopt;
    keep_best(candidates, static_cast<std::size_t>(options_.starts));
    const bool only_real = problem_.features.only_real();
    const bool gradient = options_.gradient && problem_.gradient && !problem_.features.reals().empty();
    if (!(only_real && gradient)) climb(candidates, options_.rounds);
    if (gradient) {
      refine(candidates);
      if (!only_real) climb(candidates, 2);
    }
    return candidates.front().point;
  }

 private:
  void draw(std::vector<Point>& pool) {
    if (options_.region) {
      const SearchRegion& region = *options_.region;
      for (int i = 0; i < options_.samples; ++i) {
        // Half of the draws small, so that some always lie in a corner of known constraints.
        const MoveSize size{region.probability, (i % 2 ? 0.25 : 0.5) * region.length};
        if (auto point = random_move(problem_.space, region.centre, size, random_)) pool.push_back(std::move(*point));
      }
      return;
    }
    int fresh = 0;
    for (int i = 0; i < options_.samples; ++i) {
      auto point = problem_.space.sample(random_);
      if (!point) break;
      settle(*point);
      fresh += problem_.draw && problem_.fresh(*point) ? 1 : 0;
      pool.push_back(std::move(*point));
    }
    if (!problem_.draw) return;
    for (; fresh < options_.samples / 4; ++fresh)
      if (auto point = problem_.draw(random_); point && problem_.space.contains(*point))
        pool.push_back(std::move(*point));
  }

  void settle(Point& point) const {
    if (!problem_.settle) return;
    Point settled = point;
    problem_.settle(settled);
    if (!(settled == point) && problem_.space.contains(settled)) point = std::move(settled);
  }

  void around(std::span<const Point> incumbents, std::vector<Point>& pool) {
    if (problem_.moves) {
      for (Point& point : problem_.moves(incumbents, random_))
        if (problem_.space.contains(point)) pool.push_back(std::move(point));
    }
    for (const Point& incumbent : incumbents) {
      for (const double scale : {0.2, 0.05, 0.01})
        for (int i = 0; i < 8; ++i)
          if (auto point = random_move(problem_.space, incumbent, {i % 2 ? 0.0 : 0.5, scale}, random_))
            pool.push_back(std::move(*point));
      if (options_.neighbours) append_neighbours(incumbent, 64, pool);
      replace_choices(incumbent, pool);
    }
  }

  void append_neighbours(const Point& point, int limit, std::vector<Point>& pool) {
    std::vector<Point> near = problem_.space.neighbours(point, random_, limit);
    pool.insert(pool.end(), std::make_move_iterator(near.begin()), std::make_move_iterator(near.end()));
  }

  // One choice for another in all parameters that share them.
  void replace_choices(const Point& point, std::vector<Point>& pool) const {
    for (const auto& list : problem_.features.shared())
      for (int from = 0; from < list.choices; ++from)
        for (int to = 0; to < list.choices; ++to) {
          Point moved = point;
          for (const int number : list.numbers)
            if (double& value = moved.numbers[static_cast<std::size_t>(number)]; value == from) value = to;
          if (!(moved == point) && (problem_.space.constraints().empty() || problem_.space.contains(moved)))
            pool.push_back(std::move(moved));
        }
  }

  bool inside(Point& point) const {
    return !options_.region || !options_.region->strict ||
           confine(problem_.space, options_.region->centre, options_.region->length, point);
  }

  std::vector<Candidate> scored(std::vector<Point> points) {
    std::vector<Candidate> result;
    std::vector<Point> fresh;
    for (Point& point : points) {
      settle(point);
      if (inside(point) && problem_.fresh(point) && visited_.insert(point).second) fresh.push_back(std::move(point));
    }
    if (fresh.empty()) return result;
    const std::vector<double> scores = problem_.score(fresh, problem_.features.matrix(fresh));
    for (std::size_t i = 0; i < fresh.size(); ++i)
      if (scores[i] > -std::numeric_limits<double>::infinity()) result.push_back({std::move(fresh[i]), scores[i]});
    return result;
  }

  // The best, in order; ties keep their order of generation.
  static void keep_best(std::vector<Candidate>& candidates, std::size_t count) {
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    if (candidates.size() > count) candidates.resize(count);
  }

  // All climbs advance together, so that every round is one batch of predictions.
  void climb(std::vector<Candidate>& tops, int rounds) {
    std::vector<double> scale(
        tops.size(), options_.region && options_.region->strict ? std::min(0.1, 0.25 * options_.region->length) : 0.1);
    std::vector<char> moving(tops.size(), 1);
    const bool has_real = !problem_.features.reals().empty();
    for (int round = 0; round < rounds; ++round) {
      std::vector<Point> pool;
      std::vector<std::size_t> owner;
      for (std::size_t t = 0; t < tops.size(); ++t) {
        if (!moving[t]) continue;
        if (options_.neighbours) append_neighbours(tops[t].point, 40, pool);
        for (int i = 0; i < (options_.neighbours ? 8 : 24); ++i)
          if (auto point = random_move(problem_.space, tops[t].point, {i % 2 ? 0.0 : 0.3, scale[t]}, random_))
            pool.push_back(std::move(*point));
        owner.resize(pool.size(), t);
      }
      if (pool.empty()) break;
      std::vector<Point> fresh;
      std::vector<std::size_t> fresh_owner;
      for (std::size_t i = 0; i < pool.size(); ++i) {
        settle(pool[i]);
        if (!inside(pool[i]) || !problem_.fresh(pool[i]) || !visited_.insert(pool[i]).second) continue;
        fresh.push_back(std::move(pool[i]));
        fresh_owner.push_back(owner[i]);
      }
      std::vector<char> improved(tops.size(), 0);
      if (!fresh.empty()) {
        const std::vector<double> scores = problem_.score(fresh, problem_.features.matrix(fresh));
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          Candidate& top = tops[fresh_owner[i]];
          if (scores[i] > top.score) {
            top = {fresh[i], scores[i]};
            improved[fresh_owner[i]] = 1;
          }
        }
      }
      for (std::size_t t = 0; t < tops.size(); ++t) {
        if (improved[t]) continue;
        scale[t] *= 0.3;
        if (!has_real || scale[t] < 1e-3) moving[t] = 0;
      }
    }
    keep_best(tops, tops.size());
  }

  // L-BFGS over the real coordinates of the best candidates.
  void refine(std::vector<Candidate>& tops) {
    const auto& reals = problem_.features.reals();
    const std::size_t count = std::min<std::size_t>(tops.size(), 4);
    for (std::size_t t = 0; t < count; ++t) {
      std::vector<double> row = problem_.features(tops[t].point), slope(row.size());
      std::vector<double> start, low, high;
      for (const auto& real : reals) {
        const double here = row[static_cast<std::size_t>(real.column)];
        start.push_back(here);
        double down = 0.0, up = 1.0;
        if (options_.region) {
          const double centre = real.to_unit(options_.region->centre.numbers[static_cast<std::size_t>(real.number)]);
          down = std::max(0.0, centre - 0.5 * options_.region->length);
          up = std::min(1.0, centre + 0.5 * options_.region->length);
        }
        low.push_back(std::min(down, here));
        high.push_back(std::max(up, here));
      }
      const auto function = [&](std::span<const double> x, std::span<double> gradient) {
        for (std::size_t r = 0; r < reals.size(); ++r) row[static_cast<std::size_t>(reals[r].column)] = x[r];
        const double value = problem_.gradient(row, slope);
        for (std::size_t r = 0; r < reals.size(); ++r) gradient[r] = slope[static_cast<std::size_t>(reals[r].column)];
        return value;
      };
      const Ascent ascent = ascend(function, start, low, high, 40, 1e-7);
      if (!(ascent.value > -std::numeric_limits<double>::infinity())) continue;
      const auto at = [&](double share) {
        Point point = tops[t].point;
        for (std::size_t r = 0; r < reals.size(); ++r)
          point.numbers[static_cast<std::size_t>(reals[r].number)] =
              reals[r].from_unit(start[r] + share * (ascent.point[r] - start[r]));
        return point;
      };
      // The known constraints may cut the way short.
      double share = 1.0;
      if (!problem_.space.contains(at(1.0))) {
        double outside = 1.0;
        share = 0.0;
        for (int halving = 0; halving < 30; ++halving) {
          const double middle = 0.5 * (share + outside);
          (problem_.space.contains(at(middle)) ? share : outside) = middle;
        }
      }
      if (share <= 0.0) continue;
      for (Candidate& found : scored({at(share)}))
        if (found.score > tops[t].score) tops[t] = std::move(found);
    }
    keep_best(tops, tops.size());
  }

  const AcquisitionProblem& problem_;
  const AcquisitionSearch& options_;
  Random& random_;
  std::set<Point> visited_;
};

}  // namespace

std::optional<Point> maximise_acquisition(const AcquisitionProblem& problem, std::span<const Point> incumbents,
                                          const AcquisitionSearch& search, Random& random) {
  return Search(problem, search, random).run(incumbents);
}

}  // namespace dovetail
