// Sampling, keeping the best values, searching the rest.
#include <dovetail/engine/design/around/shrink_designer.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/around/merit.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/engine/design/points/held_space.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t shrink_stream = 0x736872696e6b;  // "shrink"

class ShrinkDesigner final : public Designer {
 public:
  explicit ShrinkDesigner(DesignerContext context)
      : context_(std::move(context)),
        left_(context_.space),
        points_(context_.space, context_.admits) {
    std::string group;
    for (const Parameter& parameter : context_.space.parameters())
      if (group_of(parameter.name) == "nn") group = "nn";
    const auto take = [&](const char* name, auto read) {
      const auto found = context_.options.find(name);
      if (found == context_.options.end()) return;
      read(found->second);
      context_.options.erase(found);
    };
    const auto number = [](const char* name, int& value, int least) {
      return [name, &value, least](const std::string& text) {
        try {
          value = std::stoi(text);
        } catch (const std::exception&) {
          value = least - 1;
        }
        if (value < least)
          throw std::invalid_argument(fmt::format("shrink: {}={}; allowed is a number from {} on", name, text, least));
      };
    };
    take("inner", [&](const std::string& text) { inner_name_ = text; });
    take("stages", number("stages", stages_, 0));
    take("samples", number("samples", samples_, 1));
    take("per_stage", number("per_stage", per_stage_, 1));
    take("group", [&](const std::string& text) { group = text == "all" ? "" : text; });
    if (inner_name_ == "shrink") throw std::invalid_argument("shrink: inner=shrink would never end");
    make_designer(inner_name_, context_);  // its options are checked now
    const auto& parameters = context_.space.parameters();
    for (int p = static_cast<int>(parameters.size()) - 1; p >= 0; --p)
      if (width(parameters[static_cast<std::size_t>(p)]) == 1 &&
          !std::holds_alternative<RealRange>(parameters[static_cast<std::size_t>(p)].domain) &&
          (group.empty() || group_of(parameters[static_cast<std::size_t>(p)].name) == group))
        order_.push_back(p);
    stages_ = std::min(stages_, (static_cast<int>(order_.size()) + per_stage_ - 1) / per_stage_);
  }

  std::string name() const override { return "shrink"; }

  std::vector<Point> suggest(int count) override {
    return points_.take(count, [&]() -> std::optional<Point> {
      Random random(context_.seed, {shrink_stream, suggested_++});
      if (stage_ < stages_) {
        if (std::optional<Point> point = within(random)) return point;
      } else if (std::optional<Point> point = searched()) {
        return point;
      }
      return points_.draw(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      told_.push_back(trial);
      if (trial.state != TrialState::pending && left_.contains(trial.point)) ++fresh_;
    }
    if (inner_) inner_->update(completed);
    while (stage_ < stages_ && fresh_ >= samples_) shrink();
  }

 private:
  // A random point of what is left.
  std::optional<Point> within(Random& random) {
    constexpr int tries = 200;
    for (int i = 0; i < tries; ++i) {
      std::optional<Point> point = left_.sample(random);
      if (point && !points_.known(*point)) return point;
    }
    return std::nullopt;
  }

  std::optional<Point> searched() {
    if (!inner_) {
      DesignerContext context = context_;
      context.space = left_;
      inner_ = make_designer(inner_name_, context);
      std::vector<Trial> known;
      for (const Trial& trial : told_)
        if (left_.contains(trial.point)) known.push_back(trial);
      inner_->update(known);
    }
    constexpr int tries = 50;  // it does not know the points that are pending since before it was made
    for (int i = 0; i < tries; ++i) {
      std::vector<Point> points = inner_->suggest(1);
      if (points.empty()) return std::nullopt;
      if (!points_.known(points.front())) return std::move(points.front());
    }
    return std::nullopt;
  }

  // Every parameter of this stage keeps the value whose trials are best in the mean.
  void shrink() {
    const std::size_t first = static_cast<std::size_t>(stage_ * per_stage_),
                      last = std::min(order_.size(), first + static_cast<std::size_t>(per_stage_));
    for (std::size_t i = first; i < last; ++i) {
      const auto number = static_cast<std::size_t>(context_.space.offset(order_[i]));
      struct Sum {
        double feasible = 0.0, other = 0.0;
        int feasible_count = 0, other_count = 0;
      };
      std::map<double, Sum> sums;
      for (const Trial& trial : told_) {
        if (!left_.contains(trial.point)) continue;
        const std::optional<Merit> value = merit(context_.goal, trial);
        if (!value) continue;
        Sum& sum = sums[trial.point.numbers[number]];
        (value->feasible ? sum.feasible : sum.other) += value->value;
        ++(value->feasible ? sum.feasible_count : sum.other_count);
      }
      std::optional<double> best;
      Merit most{false, -std::numeric_limits<double>::infinity()};
      for (const auto& [value, sum] : sums) {
        const Merit mean = sum.feasible_count > 0 ? Merit{true, sum.feasible / sum.feasible_count}
                                                  : Merit{false, sum.other / sum.other_count};
        if (most < mean) most = mean, best = value;
      }
      if (!best) continue;
      const HeldParameter held{order_[i], *best};
      Space narrower = held_space(left_, std::span<const HeldParameter>(&held, 1));
      if (!narrower.closure()) left_ = std::move(narrower);
    }
    ++stage_;
    fresh_ = 0;
  }

  DesignerContext context_;
  std::string inner_name_ = "evolution";
  int stages_ = 2, samples_ = 100, per_stage_ = 4, stage_ = 0, fresh_ = 0;
  std::vector<int> order_;  ///< parameters, the last first
  Space left_;
  FreshPoints points_;
  std::unique_ptr<Designer> inner_;
  std::vector<Trial> told_;
  std::uint64_t suggested_ = 0;
};

}  // namespace

std::unique_ptr<Designer> make_shrink_designer(const DesignerContext& context) {
  return std::make_unique<ShrinkDesigner>(context);
}

}  // namespace dovetail
