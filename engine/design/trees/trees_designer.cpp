// Boosted trees as the surrogate, simulated annealing as the optimizer.
#ifdef DOVETAIL_XGBOOST

#include <dovetail/engine/design/trees/trees_designer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/engine/design/trees/boosted_trees.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t trees_stream = 0x7472656573;  // "trees"

class TreesDesigner final : public Designer {
 public:
  explicit TreesDesigner(const DesignerContext& context) : context_(context), points_(context.space, context.admits) {
    const std::map<std::string, int*> counts = {{"warmup", &warmup_},
                                                {"rounds", &trees_.rounds},
                                                {"depth", &trees_.depth},
                                                {"chains", &chains_},
                                                {"steps", &steps_}};
    for (const auto& [name, text] : context.options) {
      try {
        const auto found = counts.find(name);
        if (found != counts.end()) {
          *found->second = std::max(1, std::stoi(text));
        } else if (name == "epsilon") {
          epsilon_ = std::clamp(std::stod(text), 0.0, 1.0);
        } else {
          throw std::invalid_argument("");
        }
      } catch (const std::exception&) {
        throw std::invalid_argument(
            fmt::format("trees: option '{}={}'; known are warmup, rounds, depth, chains, steps (numbers >= "
                        "1) and epsilon "
                        "(0 to 1)",
                        name, text));
      }
    }
  }

  std::string name() const override { return "trees"; }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    const bool learned = static_cast<int>(rows_.size()) >= warmup_ && best_ < worst_;
    std::vector<Point> promising;
    if (learned) {
      Random random(context_.seed, {trees_stream, 0, suggested_});
      promising = anneal(random);
    }
    std::size_t next = 0;
    return points_.take(count, [&]() -> std::optional<Point> {
      Random random(context_.seed, {trees_stream, 1, suggested_++});
      if (learned && random.uniform() >= epsilon_) {
        while (next < promising.size() && points_.known(promising[next])) ++next;
        if (next < promising.size()) return promising[next++];
      }
      return points_.draw(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      if (trial.state == TrialState::pending) continue;
      std::optional<double> target;
      if (feasible(context_.goal, trial) && !context_.goal.objectives.empty()) {
        const Objective& objective = context_.goal.objectives.front();
        const auto found = trial.metrics.find(objective.metric);
        if (found != trial.metrics.end()) target = objective.minimize ? found->second : -found->second;
      }
      if (target) {
        best_ = std::min(best_, *target);
        worst_ = std::max(worst_, *target);
      }
      rows_.push_back({trial.point, features(trial.point), target});
    }
  }

  std::string memory() const override { return points_.memory(); }
  void restore(const std::string& memory) override { points_.restore(memory); }
  bool accept(int count, std::span<const Point> points) override {
    suggested_ += points_.took(count, points);
    return true;
  }

 private:
  struct Row {
    Point point;
    std::vector<double> features;
    std::optional<double> target;  ///< of a feasible trial
  };

  std::vector<double> features(const Point& point) const {
    std::vector<double> row = point.numbers;
    if (context_.features) {
      const std::vector<double> more = context_.features(point);
      row.insert(row.end(), more.begin(), more.end());
    }
    return row;
  }

  // Objectives of one sign span orders of magnitude, so their logarithm is learned.
  double learned_value(double target) const { return best_ > 0.0 ? std::log(target) : target; }

  BoostedTrees fit() const {
    std::vector<std::vector<double>> features;
    std::vector<double> targets;
    const double low = learned_value(best_), high = learned_value(worst_);
    for (const Row& row : rows_) {
      features.push_back(row.features);
      targets.push_back(row.target ? learned_value(*row.target) : high + 0.25 * (high - low));
    }
    return {features, targets, trees_};
  }

  // Annealing chains from the best trials and from random points; all points seen, best prediction first.
  std::vector<Point> anneal(Random& random) const {
    const BoostedTrees trees = fit();
    std::vector<const Row*> order;
    for (const Row& row : rows_) order.push_back(&row);
    std::stable_sort(order.begin(), order.end(), [](const Row* a, const Row* b) {
      const double infinity = std::numeric_limits<double>::infinity();
      return a->target.value_or(infinity) < b->target.value_or(infinity);
    });
    std::vector<Point> state;
    for (int c = 0; c < chains_; ++c) {
      if (c < chains_ / 2 && c < static_cast<int>(order.size())) {
        state.push_back(order[static_cast<std::size_t>(c)]->point);
      } else if (const std::optional<Point> point = context_.space.sample(random)) {
        state.push_back(*point);
      }
    }
    const auto predict = [&](const std::vector<Point>& at) {
      std::vector<std::vector<double>> rows;
      rows.reserve(at.size());
      for (const Point& point : at) rows.push_back(features(point));
      return trees.predict(rows);
    };
    std::vector<double> energy = predict(state);
    std::map<Point, double> found;
    const auto keep = [&] {
      for (std::size_t c = 0; c < state.size(); ++c) {
        if (!points_.known(state[c])) found.emplace(state[c], energy[c]);
      }
    };
    keep();
    const double span = std::max(1e-12, learned_value(worst_) - learned_value(best_));
    for (int step = 0; step < steps_; ++step) {
      const double temperature = 0.2 * span * (1.0 - static_cast<double>(step) / steps_) + 1e-12;
      std::vector<Point> moved = state;
      for (Point& point : moved) {
        const std::vector<Point> neighbours = context_.space.neighbours(point, random, 1);
        if (!neighbours.empty()) point = neighbours.front();
      }
      const std::vector<double> proposed = predict(moved);
      for (std::size_t c = 0; c < state.size(); ++c) {
        if (proposed[c] <= energy[c] || random.uniform() < std::exp((energy[c] - proposed[c]) / temperature)) {
          state[c] = moved[c];
          energy[c] = proposed[c];
        }
      }
      keep();
    }
    std::vector<std::pair<double, Point>> ranked;
    ranked.reserve(found.size());
    for (const auto& [point, value] : found) ranked.emplace_back(value, point);
    std::sort(ranked.begin(), ranked.end());
    std::vector<Point> points;
    points.reserve(ranked.size());
    for (const auto& [value, point] : ranked) points.push_back(point);
    return points;
  }

  DesignerContext context_;
  int warmup_ = 10, chains_ = 32, steps_ = 60;
  double epsilon_ = 0.05;
  BoostedTreesOptions trees_;
  std::uint64_t suggested_ = 0;
  double best_ = std::numeric_limits<double>::infinity(), worst_ = -std::numeric_limits<double>::infinity();
  FreshPoints points_;
  std::vector<Row> rows_;
};

}  // namespace

std::unique_ptr<Designer> make_trees_designer(const DesignerContext& context) {
  return std::make_unique<TreesDesigner>(context);
}

}  // namespace dovetail

#endif
