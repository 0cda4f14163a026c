// Sampling from the controller, repairing what constraints forbid, learning from what came of it.
#include <dovetail/engine/design/baselines/reinforce_designer.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/baselines/lstm_policy.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t reinforce_stream = 0x7265696e66;  // "reinf"
constexpr int levels = 16;                                // of real and long integer ranges
constexpr int longest = 64;

class ReinforceDesigner final : public Designer {
 public:
  explicit ReinforceDesigner(const DesignerContext& context)
      : goal_(context.goal),
        seed_(context.seed),
        points_(context.space, context.admits) {
    int units = 35;
    for (const auto& [name, text] : context.options) {
      double value = 0.0;
      try {
        value = std::stod(text);
      } catch (const std::exception&) {
        value = -1.0;
      }
      if (name == "units" && value >= 1 && value <= 1000)
        units = static_cast<int>(value);
      else if (name == "rate" && value > 0.0)
        rate_ = value;
      else if (name == "momentum" && value >= 0.0 && value < 1.0)
        momentum_ = value;
      else if (name == "batch" && value >= 1)
        batch_ = static_cast<std::size_t>(value);
      else
        throw std::invalid_argument(fmt::format(
            "reinforce: option '{}={}'; known are units, batch (from 1), rate (above 0) and momentum (0 to below 1)",
            name, text));
    }
    const SlotTable table(context.space.parameters());
    std::vector<int> counts;
    for (std::size_t i = 0; i < table.slots.size(); ++i) {
      const PointSlot& slot = table.slots[i];
      if (slot.group >= 0) continue;
      Step step{i, {}};
      if (slot.real) {
        for (int level = 0; level < levels; ++level) step.values.push_back(slot.real_at((level + 0.5) / levels));
      } else if (slot.count <= longest) {
        for (std::int64_t choice = 0; choice < slot.count; ++choice) step.values.push_back(slot.stored(choice));
      } else {
        for (int level = 0; level < levels; ++level)
          step.values.push_back(slot.stored((slot.count - 1) * level / (levels - 1)));
      }
      counts.push_back(static_cast<int>(step.values.size()));
      steps_.push_back(std::move(step));
    }
    policy_ = std::make_unique<LstmPolicy>(std::move(counts), units, seed_);
  }

  std::string name() const override { return "reinforce"; }

  std::vector<Point> suggest(int count) override {
    return points_.take(count, [&]() -> std::optional<Point> {
      Random random(seed_, {reinforce_stream, suggested_++});
      constexpr int tries = 24;  // a controller that has settled repeats itself
      for (int i = 0; i < tries && !steps_.empty(); ++i) {
        const std::optional<Point> base = points_.space().sample(random);
        if (!base) return std::nullopt;
        Point point = *base;
        const std::vector<int> sequence = policy_->sample(random);
        for (std::size_t t = 0; t < steps_.size(); ++t)
          point.numbers[steps_[t].number] = steps_[t].values[static_cast<std::size_t>(sequence[t])];
        if (repair(point) && !points_.known(point)) return point;
      }
      return points_.draw(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      if (trial.state == TrialState::pending || steps_.empty()) continue;
      const double gained = reward(trial);
      if (!has_baseline_) baseline_ = gained;
      has_baseline_ = true;
      sequences_.push_back(sequence_of(trial.point));
      advantages_.push_back(gained - baseline_);
      baseline_ = momentum_ * baseline_ + (1.0 - momentum_) * gained;
      if (sequences_.size() < batch_) continue;
      policy_->ascend(sequences_, advantages_, rate_);
      sequences_.clear();
      advantages_.clear();
    }
  }

  std::string memory() const override { return points_.memory(); }
  void restore(const std::string& memory) override { points_.restore(memory); }
  bool accept(int count, std::span<const Point> points) override {
    suggested_ += points_.took(count, points);
    return true;
  }

 private:
  struct Step {
    std::size_t number = 0;  ///< of a point
    std::vector<double> values;
  };

  // Other values for the parameters of broken constraints, the last first, until all hold.
  bool repair(Point& point) const {
    const Space& space = points_.space();
    if (space.contains(point)) return true;
    const auto broken = [&] {
      const std::vector<double> margins = space.margins(point);
      return std::count_if(margins.begin(), margins.end(), [](double margin) { return !(margin >= 0.0); });
    };
    constexpr int passes = 3;
    for (int pass = 0; pass < passes; ++pass) {
      const std::vector<double> margins = space.margins(point);
      for (std::size_t c = 0; c < margins.size(); ++c) {
        if (margins[c] >= 0.0) continue;
        const std::vector<int>& names = space.constraints()[c].predicate.names();
        auto least = broken();
        for (auto name = names.rbegin(); name != names.rend() && least > 0; ++name) {
          const auto step = std::find_if(steps_.begin(), steps_.end(), [&](const Step& one) {
            return one.number == static_cast<std::size_t>(*name);
          });
          if (step == steps_.end()) continue;
          const double before = point.numbers[step->number];
          double best = before;
          for (const double value : step->values) {
            point.numbers[step->number] = value;
            const auto count = broken();
            if (count < least) least = count, best = value;
          }
          point.numbers[step->number] = best;
          if (best != before) break;
        }
      }
      if (space.contains(point)) return true;
    }
    return false;
  }

  // The choices nearest to a point's numbers, whoever suggested it.
  std::vector<int> sequence_of(const Point& point) const {
    std::vector<int> sequence;
    for (const Step& step : steps_) {
      const double value = point.numbers[step.number];
      const auto nearest = std::min_element(step.values.begin(), step.values.end(), [&](double a, double b) {
        return std::abs(a - value) < std::abs(b - value);
      });
      sequence.push_back(static_cast<int>(nearest - step.values.begin()));
    }
    return sequence;
  }

  double reward(const Trial& trial) {
    if (trial.state != TrialState::completed) return -3.0;
    const double violation = spec_violation(goal_, trial);
    if (violation > 0.0) return std::isfinite(violation) ? -2.0 - std::min(1.0, violation) : -3.0;
    const std::size_t count = goal_.objectives.size();
    sums_.resize(count, 0.0);
    squares_.resize(count, 0.0);
    std::vector<double> values;
    for (const Objective& objective : goal_.objectives) {
      const auto found = trial.metrics.find(objective.metric);
      if (found == trial.metrics.end() || !std::isfinite(found->second)) return -3.0;
      values.push_back(objective.minimize ? -found->second : found->second);
    }
    ++feasible_;
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
      sums_[k] += values[k];
      squares_[k] += values[k] * values[k];
      const double mean = sums_[k] / feasible_,
                   spread = std::sqrt(std::max(0.0, squares_[k] / feasible_ - mean * mean));
      if (spread > 1e-12 * std::abs(mean)) sum += std::clamp((values[k] - mean) / spread, -2.0, 4.0);
    }
    return count == 0 ? 0.0 : sum / static_cast<double>(count);
  }

  Goal goal_;
  std::uint64_t seed_;
  double rate_ = 0.01, momentum_ = 0.9;
  std::size_t batch_ = 1;
  FreshPoints points_;
  std::vector<Step> steps_;
  std::unique_ptr<LstmPolicy> policy_;
  std::vector<std::vector<int>> sequences_;
  std::vector<double> advantages_;
  double baseline_ = 0.0;
  bool has_baseline_ = false;
  double feasible_ = 0.0;
  std::vector<double> sums_, squares_;
  std::uint64_t suggested_ = 0;
};

}  // namespace

std::unique_ptr<Designer> make_reinforce_designer(const DesignerContext& context) {
  return std::make_unique<ReinforceDesigner>(context);
}

}  // namespace dovetail
