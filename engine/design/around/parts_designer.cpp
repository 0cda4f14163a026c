// A belief per part, and combinations of parts.
#include <dovetail/engine/design/around/parts_designer.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <queue>
#include <set>

#include <dovetail/engine/design/bayes/bayes_options.hpp>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/points/coordinates.hpp>
#include <dovetail/surrogates/regression.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t parts_stream = 0x7061727473;  // "parts"
constexpr int most_asked = 20'000;                    // combinations of known parts, of one suggestion
constexpr int known_every = 3, designer_every = 4;
constexpr int inner_tries = 200;
constexpr int part_draws = 300, part_neighbours = 40, best_parts = 4, best_trials = 6;
constexpr int mixtures = 14, turns_of_parts = 3;

using Numbers = std::vector<double>;

/// What one part of a combination may be: its share of the objective, to be made large.
struct PartChoice {
  Numbers numbers;
  double mean = 0.0, variance = 0.0;
};

/// All that is known and believed of one part. Values are weight x metric over the sum of weights.
class PartBelief {
 public:
  explicit PartBelief(ObjectivePart part, double share)
      : part_(std::move(part)),
        share_(share),
        features_(part_.space) {
    const BayesOptions options = BayesOptions{}.settled(features_.dimension(), features_.only_real(), false);
    GaussianProcessModel model;
    model.kernel = features_.kernel(options.kernel);
    regression_.emplace(model, RegressionOptions{});
  }

  const ObjectivePart& part() const { return part_; }
  /// Told ones, best first.
  const std::vector<PartChoice>& known() const { return known_; }
  /// Of a trial that was told.
  std::optional<PartChoice> told(const Point& point) const {
    const Numbers numbers = of(point);
    const auto found =
        std::find_if(known_.begin(), known_.end(), [&](const PartChoice& one) { return one.numbers == numbers; });
    return found == known_.end() ? std::nullopt : std::optional<PartChoice>(*found);
  }
  bool enough() const {
    return static_cast<int>(values_.size()) >= std::clamp(3 + 5 * features_.dimension() / 4, 4, 20);
  }

  Numbers of(const Point& point) const {
    const auto begin = point.numbers.begin() + part_.first;
    return {begin, begin + part_.space.size()};
  }

  void learn(const Trial& trial) {
    const auto found = trial.metrics.find(part_.metric);
    if (found == trial.metrics.end() || !std::isfinite(found->second)) return;
    PartChoice told{of(trial.point), share_ * found->second, 0.0};
    if (!seen_.insert(told.numbers).second) return;
    inputs_.append(features_(Point{told.numbers}));
    values_.push_back(-told.mean);
    const auto at = std::upper_bound(known_.begin(), known_.end(), told,
                                     [](const PartChoice& a, const PartChoice& b) { return a.mean > b.mean; });
    known_.insert(at, std::move(told));
  }

  void believe_all() {
    regression_->forget();
    if (learned_ == values_.size()) return;
    learned_ = values_.size();
    regression_->update(inputs_, values_);
  }

  /// A pending one turns out as believed.
  void expect(const Numbers& numbers) { regression_->believe(features_(Point{numbers})); }

  /// The known ones, and what may be better: draws, and neighbours of `near`.
  std::vector<PartChoice> choices(const std::vector<Numbers>& near, bool draws, Random& random) const {
    std::set<Numbers> fresh;
    const auto add = [&](const Point& point) {
      if (seen_.count(point.numbers) == 0) fresh.insert(point.numbers);
    };
    for (int i = 0; draws && i < part_draws; ++i)
      if (const auto point = part_.space.sample(random)) add(*point);
    for (const Numbers& one : near)
      for (const Point& point : part_.space.neighbours(Point{one}, random, part_neighbours)) add(point);
    std::vector<PartChoice> result = draws ? known_ : std::vector<PartChoice>();
    if (fresh.empty()) return result;
    Matrix rows;
    for (const Numbers& numbers : fresh) rows.append(features_(Point{numbers}));
    const Prediction prediction = regression_->predict(rows);
    std::size_t row = 0;
    for (const Numbers& numbers : fresh) {
      // On the plain scale the spread is that of one deviation to either side.
      const double mean = prediction.mean[row], deviation = std::sqrt(prediction.variance[row]);
      const double spread = 0.5 * (regression_->inverse(mean + deviation) - regression_->inverse(mean - deviation));
      const double value = regression_->inverse(mean);
      ++row;
      if (std::isfinite(value) && std::isfinite(spread)) result.push_back({numbers, -value, spread * spread});
    }
    return result;
  }

 private:
  ObjectivePart part_;
  double share_ = 1.0;
  PointFeatures features_;
  std::optional<Regression> regression_;
  Matrix inputs_;
  std::vector<double> values_;  ///< to be made small
  std::size_t learned_ = 0;
  std::set<Numbers> seen_;
  std::vector<PartChoice> known_;
};

class PartsDesigner final : public Designer {
 public:
  PartsDesigner(std::unique_ptr<Designer> designer, ObjectiveParts parts)
      : designer_(std::move(designer)),
        metric_(std::move(parts.metric)),
        admits_(std::move(parts.admits)),
        seed_(parts.seed) {
    double weights = 0.0;
    for (const ObjectivePart& part : parts.parts) weights += part.weight;
    for (ObjectivePart& part : parts.parts) {
      const double share = part.weight / weights;
      length_ = std::max(length_, static_cast<std::size_t>(part.first + part.space.size()));
      parts_.emplace_back(std::move(part), share);
    }
  }

  std::string name() const override { return designer_->name(); }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    bool learned = false;
    while (static_cast<int>(points.size()) < count) {
      const int turn = suggested_++;
      std::optional<Point> point;
      if (turn % known_every == known_every - 1) point = combined();
      const bool enough =
          best_ && std::all_of(parts_.begin(), parts_.end(), [](const PartBelief& part) { return part.enough(); });
      if (!point && enough && turn % designer_every != 0) {
        if (!learned)
          for (PartBelief& part : parts_) part.believe_all();
        learned = true;
        Random random(seed_, {parts_stream, static_cast<std::uint64_t>(turn)});
        point = believed(random);
      }
      if (!point) point = asked();
      if (!point) break;
      if (learned)
        for (PartBelief& part : parts_) part.expect(part.of(*point));
      known_.insert(*point);
      points.push_back(std::move(*point));
    }
    return points;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      known_.insert(trial.point);
      if (trial.state != TrialState::completed) continue;
      if (const auto all = trial.metrics.find(metric_); all != trial.metrics.end())
        learn_best(all->second, trial.point);
      for (PartBelief& part : parts_) part.learn(trial);
    }
    designer_->update(completed);
  }

 private:
  using Combination = std::vector<PartChoice>;

  void learn_best(double value, const Point& point) {
    best_ = std::max(best_.value_or(value), value);
    trials_.emplace_back(value, point);
    std::stable_sort(trials_.begin(), trials_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    if (static_cast<int>(trials_.size()) > best_trials) trials_.pop_back();
  }

  Point joined(const Combination& combination) const {
    Point point{Numbers(length_, 0.0)};
    for (std::size_t k = 0; k < parts_.size(); ++k)
      std::copy(combination[k].numbers.begin(), combination[k].numbers.end(),
                point.numbers.begin() + parts_[k].part().first);
    return point;
  }

  bool open(const Point& point) {
    if (known_.count(point) != 0 || refused_.count(point) != 0) return false;
    if (admits_(point)) return true;
    refused_.insert(point);
    return false;
  }

  // Combinations of known parts by what they are worth, as long as that is more than the best trial.
  std::optional<Point> combined() {
    if (!best_) return std::nullopt;
    using Places = std::vector<std::size_t>;
    const auto worth = [&](const Places& places) {
      double sum = 0.0;
      for (std::size_t k = 0; k < places.size(); ++k) sum += parts_[k].known()[places[k]].mean;
      return sum;
    };
    for (const PartBelief& part : parts_)
      if (part.known().empty()) return std::nullopt;
    std::priority_queue<std::pair<double, Places>> queue;
    std::set<Places> seen;
    const Places first(parts_.size(), 0);
    queue.emplace(worth(first), first);
    for (int asked = 0; !queue.empty() && asked < most_asked;) {
      const auto [value, places] = queue.top();
      queue.pop();
      if (!(value > *best_ + 1e-9 * std::abs(*best_))) break;
      Combination combination;
      for (std::size_t k = 0; k < places.size(); ++k) combination.push_back(parts_[k].known()[places[k]]);
      Point point = joined(combination);
      if (known_.count(point) == 0 && refused_.count(point) == 0) {
        ++asked;
        if (open(point)) return point;
      }
      for (std::size_t k = 0; k < places.size(); ++k) {
        Places next = places;
        if (++next[k] < parts_[k].known().size() && seen.insert(next).second) queue.emplace(worth(next), next);
      }
    }
    return std::nullopt;
  }

  double promise(const Combination& combination) const {
    double mean = 0.0, variance = 1e-12;
    for (const PartChoice& one : combination) mean += one.mean, variance += one.variance;
    return log_expected_improvement(-mean, variance, -*best_);
  }

  /// The best choice for part k, the others as they are, whose combination is open; false when none is better.
  bool choose(Combination& combination, std::size_t k, const std::vector<PartChoice>& choices, double& best) {
    std::vector<std::pair<double, std::size_t>> order;
    Combination tried = combination;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      tried[k] = choices[i];
      if (const double value = promise(tried); value > best) order.emplace_back(-value, i);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [value, i] : order) {
      tried[k] = choices[i];
      if (!open(joined(tried))) continue;
      combination = std::move(tried);
      best = -value;
      return true;
    }
    return false;
  }

  std::optional<Point> believed(Random& random) {
    std::vector<std::vector<PartChoice>> choices;
    for (const PartBelief& part : parts_) {
      // The best by themselves, and those that the best trials can afford.
      std::vector<Numbers> near;
      for (const PartChoice& one : part.known())
        if (static_cast<int>(near.size()) < best_parts) near.push_back(one.numbers);
      for (const auto& [value, point] : trials_)
        if (Numbers own = part.of(point); std::find(near.begin(), near.end(), own) == near.end())
          near.push_back(std::move(own));
      choices.push_back(part.choices(near, true, random));
    }
    std::optional<Combination> chosen;
    double most = -infinity;
    for (int start = 0; start < mixtures; ++start) {
      // The best trials, then mixtures of known parts; what those cost together does not matter yet.
      Combination combination;
      for (const PartBelief& part : parts_) {
        const std::size_t among = std::min<std::size_t>(part.known().size(), static_cast<std::size_t>(3 + 4 * start));
        PartChoice choice = part.known()[random.below(among)];
        if (start < static_cast<int>(trials_.size()))
          choice = part.told(trials_[static_cast<std::size_t>(start)].second).value_or(choice);
        combination.push_back(std::move(choice));
      }
      double value = -infinity;
      for (int turn = 0; turn < turns_of_parts; ++turn) {
        bool moved = false;
        for (std::size_t k = 0; k < parts_.size(); ++k)
          moved = choose(combination, (k + static_cast<std::size_t>(start)) % parts_.size(),
                         choices[(k + static_cast<std::size_t>(start)) % parts_.size()], value) ||
                  moved;
        if (!moved) break;
      }
      if (value > most) most = value, chosen = combination;
    }
    if (!chosen) return std::nullopt;
    // Steps of single parameters from there.
    for (int turn = 0; turn < turns_of_parts; ++turn) {
      bool moved = false;
      for (std::size_t k = 0; k < parts_.size(); ++k)
        moved = choose(*chosen, k, parts_[k].choices({(*chosen)[k].numbers}, false, random), most) || moved;
      if (!moved) break;
    }
    return joined(*chosen);
  }

  // It does not know what is pending of the others.
  std::optional<Point> asked() {
    for (int i = 0; i < inner_tries; ++i) {
      std::vector<Point> points = designer_->suggest(1);
      if (points.empty()) return std::nullopt;
      if (known_.count(points.front()) == 0) return std::move(points.front());
    }
    return std::nullopt;
  }

  std::unique_ptr<Designer> designer_;
  std::string metric_;
  std::function<bool(const Point&)> admits_;
  std::uint64_t seed_ = 0;
  std::vector<PartBelief> parts_;
  std::size_t length_ = 0;
  int suggested_ = 0;
  std::optional<double> best_;
  std::vector<std::pair<double, Point>> trials_;  ///< the best
  std::set<Point> known_, refused_;
};

}  // namespace

std::unique_ptr<Designer> with_parts(std::unique_ptr<Designer> designer, ObjectiveParts parts) {
  return std::make_unique<PartsDesigner>(std::move(designer), std::move(parts));
}

}  // namespace dovetail
