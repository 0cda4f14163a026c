// Every feasible point of a finite space: in lexicographic order, or by lower bound until the bounds prove the best.
#include <dovetail/engine/design/baselines/exhaustive_designer.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>
#include <variant>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

class ExhaustiveDesigner final : public Designer {
 public:
  explicit ExhaustiveDesigner(const DesignerContext& context)
      : space_(context.space),
        goal_(context.goal),
        threads_(context.threads),
        admits_(context.admits),
        lower_bound_(goal_.objectives.size() == 1 && goal_.objectives.front().minimize ? context.lower_bound
                                                                                       : nullptr) {
    for (const Parameter& parameter : space_.parameters()) {
      if (std::holds_alternative<RealRange>(parameter.domain)) {
        throw std::invalid_argument("the exhaustive designer needs a finite space; '" + parameter.name + "' is real");
      }
    }
  }

  std::string name() const override { return "exhaustive"; }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      if (next_ == list_.size() && !extend()) break;
      if (!bounds_.empty() && bounds_[next_] >= best_) break;
      const Point& point = list_[next_++];
      if (told_.count(point) == 0 && (!admits_ || admits_(point))) points.push_back(point);
    }
    return points;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      told_.insert(trial.point);
      if (!feasible(goal_, trial) || goal_.objectives.empty()) continue;
      const auto found = trial.metrics.find(goal_.objectives.front().metric);
      if (found != trial.metrics.end()) best_ = std::min(best_, found->second);
    }
  }

 private:
  // Lists four times as many points as before, or with bounds as many as can be ordered; false when the space has no
  // more.
  bool extend() {
    if (complete_) return false;
    limit_ = limit_ == 0 ? (lower_bound_ ? ordered_limit : 1024) : limit_ * 4;
    const std::size_t before = list_.size();
    list_ = space_.enumerate(limit_);
    complete_ = list_.size() < limit_;
    if (lower_bound_ && before == 0 && complete_) order_by_bound();
    return list_.size() > before;
  }

  void order_by_bound() {
    std::vector<std::pair<double, std::size_t>> order(list_.size());
    parallel_for(list_.size(), threads_, [&](std::size_t i) { order[i] = {lower_bound_(list_[i]), i}; });
    std::sort(order.begin(), order.end());
    std::vector<Point> sorted;
    sorted.reserve(list_.size());
    for (const auto& [bound, i] : order) {
      sorted.push_back(list_[i]);
      bounds_.push_back(bound);
    }
    list_ = std::move(sorted);
  }

  static constexpr std::size_t ordered_limit = std::size_t{1} << 20;

  Space space_;
  Goal goal_;
  int threads_ = 1;
  std::function<bool(const Point&)> admits_;
  std::function<double(const Point&)> lower_bound_;
  std::vector<Point> list_;
  std::vector<double> bounds_;  ///< of the points of list_, ascending; empty: lexicographic order
  double best_ = std::numeric_limits<double>::infinity();
  std::size_t next_ = 0, limit_ = 0;
  bool complete_ = false;
  std::set<Point> told_;  ///< including trials that were never asked for
};

}  // namespace

std::unique_ptr<Designer> make_exhaustive_designer(const DesignerContext& context) {
  return std::make_unique<ExhaustiveDesigner>(context);
}

}  // namespace dovetail
