// Lists of parts, best first, and the best of their combinations.
#include <dovetail/engine/design/around/recombine_designer.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <set>

namespace dovetail {
namespace {

constexpr int most_asked = 20'000;  // combinations, of one suggestion
constexpr int suggested_between = 2;
constexpr int inner_tries = 200;

class RecombineDesigner final : public Designer {
 public:
  RecombineDesigner(std::unique_ptr<Designer> designer, Recombination recombination)
      : designer_(std::move(designer)),
        recombination_(std::move(recombination)),
        lists_(recombination_.parts.size()) {
    for (const ObjectivePart& part : recombination_.parts) weights_ += part.weight;
  }

  std::string name() const override { return designer_->name(); }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      std::optional<Point> point;
      if (since_ >= suggested_between) point = combined();
      since_ = point ? 0 : since_ + 1;
      if (!point) point = asked();
      if (!point) break;
      known_.insert(*point);
      points.push_back(std::move(*point));
    }
    return points;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) learn(trial);
    designer_->update(completed);
  }

 private:
  using Numbers = std::vector<double>;
  struct Shown {
    double value = 0.0;  ///< weight x metric
    Numbers numbers;
  };

  void learn(const Trial& trial) {
    known_.insert(trial.point);
    if (trial.state != TrialState::completed) return;
    if (const auto all = trial.metrics.find(recombination_.metric); all != trial.metrics.end())
      best_ = std::max(best_.value_or(all->second), all->second);
    for (std::size_t k = 0; k < lists_.size(); ++k) {
      const ObjectivePart& part = recombination_.parts[k];
      const auto found = trial.metrics.find(part.metric);
      if (found == trial.metrics.end()) continue;
      const auto begin = trial.point.numbers.begin() + part.first;
      Shown shown{part.weight * found->second, Numbers(begin, begin + part.count)};
      const auto same = [&](const Shown& other) { return other.numbers == shown.numbers; };
      if (std::any_of(lists_[k].begin(), lists_[k].end(), same)) continue;
      const auto at = std::upper_bound(lists_[k].begin(), lists_[k].end(), shown.value,
                                       [](double value, const Shown& other) { return value > other.value; });
      lists_[k].insert(at, std::move(shown));
    }
  }

  // Combinations by what they are worth, as long as that is more than the best trial.
  std::optional<Point> combined() {
    if (!best_) return std::nullopt;
    using Places = std::vector<std::size_t>;
    const auto worth = [&](const Places& places) {
      double sum = 0.0;
      for (std::size_t k = 0; k < places.size(); ++k) sum += lists_[k][places[k]].value;
      return sum / weights_;
    };
    for (const auto& list : lists_)
      if (list.empty()) return std::nullopt;
    std::priority_queue<std::pair<double, Places>> open;
    std::set<Places> seen;
    const Places first(lists_.size(), 0);
    open.emplace(worth(first), first);
    for (int asked = 0; !open.empty() && asked < most_asked;) {
      const auto [value, places] = open.top();
      open.pop();
      if (!(value > *best_ * (1.0 + 1e-12) + 1e-12)) break;
      Point point{Numbers(length(), 0.0)};
      for (std::size_t k = 0; k < places.size(); ++k)
        std::copy(lists_[k][places[k]].numbers.begin(), lists_[k][places[k]].numbers.end(),
                  point.numbers.begin() + recombination_.parts[k].first);
      if (known_.count(point) == 0 && refused_.count(point) == 0) {
        ++asked;
        if (recombination_.admits(point)) return point;
        refused_.insert(std::move(point));
      }
      for (std::size_t k = 0; k < places.size(); ++k) {
        Places next = places;
        if (++next[k] < lists_[k].size() && seen.insert(next).second) open.emplace(worth(next), next);
      }
    }
    return std::nullopt;
  }

  std::size_t length() const {
    int length = 0;
    for (const ObjectivePart& part : recombination_.parts) length = std::max(length, part.first + part.count);
    return static_cast<std::size_t>(length);
  }

  // It does not know the combinations that are pending.
  std::optional<Point> asked() {
    for (int i = 0; i < inner_tries; ++i) {
      std::vector<Point> points = designer_->suggest(1);
      if (points.empty()) return std::nullopt;
      if (known_.count(points.front()) == 0) return std::move(points.front());
    }
    return std::nullopt;
  }

  std::unique_ptr<Designer> designer_;
  Recombination recombination_;
  double weights_ = 0.0;
  int since_ = 0;
  std::optional<double> best_;
  std::vector<std::vector<Shown>> lists_;  ///< per part, best first
  std::set<Point> known_, refused_;
};

}  // namespace

std::unique_ptr<Designer> with_recombination(std::unique_ptr<Designer> designer, Recombination recombination) {
  return std::make_unique<RecombineDesigner>(std::move(designer), std::move(recombination));
}

}  // namespace dovetail
