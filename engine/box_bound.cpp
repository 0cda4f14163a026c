// Branch and bound over boxes of hardware (see the header).
#include <dovetail/engine/box_bound.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include <dovetail/spaces/box.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t halvings_per_shape = 64;
constexpr std::size_t round_size = 32;  // boxes halved at a time, whatever the threads

struct Bounded {
  Box box;
  double bound = 0.0;
  std::int64_t order = 0;
  bool single = false;  ///< the bound is that of a machine in the box: halving cannot raise it
};

struct Later {
  bool operator()(const Bounded& a, const Bounded& b) const {
    return std::pair(a.bound, a.order) > std::pair(b.bound, b.order);
  }
};

class Search {
 public:
  Search(const Codesign& codesign, double incumbent, const std::map<Point, double>& proven, int threads)
      : codesign_(codesign),
        space_(codesign.space()),
        incumbent_(incumbent),
        proven_(proven),
        threads_(threads) {}

  BoxBound run(std::int64_t most_boxes, const std::function<bool()>& stop) {
    const std::optional<std::vector<Box>> shapes = all_shapes(most_boxes, stop);
    if (!shapes) return {};
    std::vector<Bounded> roots = bounded(*shapes, 0.0);
    if (std::any_of(roots.begin(), roots.end(), [](const Bounded& root) { return root.bound <= 0.0; }))
      return {};
    push(std::move(roots));
    while (!open_.empty() && open_.top().bound < least_single_ && boxes_ < most_boxes && !(stop && stop()))
      halve_least();
    const double least = open_.empty() ? incumbent_ : std::min(incumbent_, open_.top().bound);
    return {std::min(least, least_single_), boxes_};
  }

 private:
  // Boxes in which every shaping parameter has one value; none when they, or the halvings on the way to each, are too many,
  // or the space has no boxes.
  std::optional<std::vector<Box>> all_shapes(std::int64_t most, const std::function<bool()>& stop) const {
    std::optional<Box> whole = whole_box(space_);
    if (!whole) return std::nullopt;
    std::vector<Box> waiting{*std::move(whole)}, shapes;
    std::int64_t left = most * halvings_per_shape;
    while (!waiting.empty()) {
      if (--left < 0 || (stop && stop())) return std::nullopt;
      Box box = std::move(waiting.back());
      waiting.pop_back();
      if (!shrink(space_, box)) continue;
      const int next = open_parameter(box, codesign_.family().shaping());
      if (next < 0) {
        shapes.push_back(std::move(box));
      } else {
        auto [lower, upper] = halves(space_, box, next);
        waiting.push_back(std::move(upper));
        waiting.push_back(std::move(lower));
      }
      if (static_cast<std::int64_t>(shapes.size()) > most) return std::nullopt;
    }
    return shapes;
  }

  int open_parameter(const Box& box, const std::vector<char>& among) const {
    for (std::size_t i = 0; i < box.low.size(); ++i)
      if (among[i] != 0 && box.low[i] < box.high[i]) return static_cast<int>(i);
    return -1;
  }

  std::vector<Bounded> bounded(const std::vector<Box>& boxes, double parent) {
    std::vector<Bounded> result(boxes.size());
    parallel_for(boxes.size(), threads_, [&](std::size_t i) { result[i] = bound(boxes[i], parent); });
    boxes_ += static_cast<std::int64_t>(boxes.size());
    return result;
  }

  Bounded bound(const Box& box, double parent) const {
    Bounded result{box, std::max(parent, codesign_.bound(box)), 0, false};
    if (result.bound >= incumbent_) return result;
    if (const std::optional<Point> best = codesign_.ideal_point(box)) {
      result.single = true;
      if (const auto found = proven_.find(*best); found != proven_.end())
        result.bound = std::max(result.bound, found->second);
    }
    return result;
  }

  void push(std::vector<Bounded> boxes) {
    for (Bounded& box : boxes) {
      if (box.bound >= incumbent_) continue;
      if (box.single) {
        least_single_ = std::min(least_single_, box.bound);
      } else {
        box.order = next_++;
        open_.push(std::move(box));
      }
    }
  }

  // One round: the boxes with the least bounds, each along the parameter that raises the lesser half most.
  void halve_least() {
    std::vector<Bounded> parents;
    while (!open_.empty() && parents.size() < round_size && open_.top().bound < least_single_) {
      parents.push_back(open_.top());
      open_.pop();
    }
    std::vector<std::vector<Bounded>> children(parents.size());
    std::vector<std::int64_t> tried(parents.size(), 0);
    parallel_for(parents.size(), threads_,
                 [&](std::size_t i) { children[i] = best_halves(parents[i], tried[i]); });
    for (std::size_t i = 0; i < parents.size(); ++i) {
      boxes_ += tried[i];
      push(std::move(children[i]));
    }
  }

  std::vector<Bounded> best_halves(const Bounded& parent, std::int64_t& tried) const {
    std::vector<Bounded> best;
    double best_least = -1.0, best_most = -1.0;
    for (int i = 0; i < static_cast<int>(parent.box.low.size()); ++i) {
      if (choices(space_, parent.box, i) <= 1.0) continue;
      auto [lower, upper] = halves(space_, parent.box, i);
      std::vector<Bounded> parts;
      double least = infinity, most = infinity;
      for (Box* half : {&lower, &upper}) {
        if (!shrink(space_, *half)) continue;
        parts.push_back(bound(*half, parent.bound));
        ++tried;
        most = least == infinity ? parts.back().bound : std::max(least, parts.back().bound);
        least = std::min(least, parts.back().bound);
      }
      if (std::pair(least, most) <= std::pair(best_least, best_most)) continue;
      best_least = least;
      best_most = most;
      best = std::move(parts);
    }
    return best;
  }

  const Codesign& codesign_;
  const Space& space_;
  const double incumbent_;
  const std::map<Point, double>& proven_;
  const int threads_;
  std::priority_queue<Bounded, std::vector<Bounded>, Later> open_;
  double least_single_ = infinity;
  std::int64_t next_ = 0, boxes_ = 0;
};

}  // namespace

BoxBound bound_boxes(const Codesign& codesign, double incumbent, const std::map<Point, double>& proven,
                     std::int64_t most_boxes, int threads, const std::function<bool()>& stop) {
  return Search(codesign, incumbent, proven, threads).run(most_boxes, stop);
}

}  // namespace dovetail
