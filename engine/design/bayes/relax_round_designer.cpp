// Relax, maximise, round (see the header).
#include <dovetail/engine/design/bayes/relax_round_designer.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/bayes/confidence_bound.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/spaces/space/encoding.hpp>
#include <dovetail/surrogates/regression.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t round_stream = 0x726f756e64;  // "round"

class RelaxRoundDesigner final : public Designer {
 public:
  explicit RelaxRoundDesigner(const DesignerContext& context)
      : goal_(context.goal),
        seed_(context.seed),
        points_(context.space, context.admits),
        encoding_(context.space) {
    for (const auto& [name, text] : context.options) {
      try {
        if (name == "warmup")
          warmup_ = std::max(1, std::stoi(text));
        else if (name == "samples")
          samples_ = std::max(1, std::stoi(text));
        else if (name == "draws")
          draws_ = std::max(1, std::stoi(text));
        else if (name == "lambda")
          lambda_ = std::max(0.0, std::stod(text));
        else
          throw std::invalid_argument("");
      } catch (const std::exception&) {
        throw std::invalid_argument(fmt::format(
            "relax-round: option '{}={}'; known are warmup, samples, draws (numbers >= 1) and lambda (>= 0)", name,
            text));
      }
    }
  }

  std::string name() const override { return "relax-round"; }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> result;
    std::optional<Regression> regression;
    if (static_cast<int>(targets_.size()) >= warmup_ && best_ < worst_) regression = learn();
    for (int i = 0; i < count; ++i) {
      Random random(seed_, {round_stream, suggested_});
      std::optional<Point> point;
      if (regression) point = rounded(maximiser(*regression, random), random);
      if (!point) point = points_.draw(random);
      if (!point) break;
      ++suggested_;
      points_.remember(*point);
      if (regression) regression->believe(encoding_(*point));
      result.push_back(std::move(*point));
    }
    return result;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      if (trial.state == TrialState::pending) continue;
      double target = infinity;
      if (feasible(goal_, trial) && !goal_.objectives.empty()) {
        const Objective& objective = goal_.objectives.front();
        const auto found = trial.metrics.find(objective.metric);
        if (found != trial.metrics.end() && std::isfinite(found->second))
          target = objective.minimize ? found->second : -found->second;
      }
      if (target < infinity) {
        best_ = std::min(best_, target);
        worst_ = std::max(worst_, target);
      }
      inputs_.append(encoding_(trial.point));
      targets_.push_back(target);
    }
  }

  std::string memory() const override { return points_.memory(); }
  void restore(const std::string& memory) override { points_.restore(memory); }
  bool accept(int count, std::span<const Point> points) override {
    points_.took(count, points);
    suggested_ += points.size();
    return true;
  }

 private:
  Regression learn() const {
    GaussianProcessModel model;
    model.kernel = ard_kernel(Shape::matern52, encoding_.size());
    RegressionOptions options;
    options.transform = best_ > 0.0 ? "log" : "none";
    options.cold.starts = 1;
    Regression regression(model, options);
    std::vector<double> outputs = targets_;
    for (double& output : outputs) output = std::min(output, worst_);
    regression.update(inputs_, outputs);
    return regression;
  }

  // The least confidence bound over the cube: uniform draws, and steps around the best outcome.
  std::vector<double> maximiser(const Regression& regression, Random& random) const {
    const auto best = static_cast<std::size_t>(std::min_element(targets_.begin(), targets_.end()) - targets_.begin());
    Matrix relaxed;
    std::vector<double> row(static_cast<std::size_t>(encoding_.size()));
    for (int i = 0; i < samples_; ++i) {
      for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = i % 2 == 0 ? random.uniform() : std::clamp(inputs_(best, j) + 0.1 * random.normal(), 0.0, 1.0);
      relaxed.append(row);
    }
    const Prediction belief = regression.predict(relaxed);
    std::size_t chosen = 0;
    double least = infinity;
    for (std::size_t i = 0; i < relaxed.rows; ++i) {
      const double bound = lower_confidence_bound(belief.mean[i], belief.variance[i], lambda_);
      if (bound < least) least = bound, chosen = i;
    }
    return {relaxed.row(chosen).begin(), relaxed.row(chosen).end()};
  }

  double distance(const Point& point, const std::vector<double>& relaxed) const {
    const std::vector<double> row = encoding_(point);
    double sum = 0.0;
    for (std::size_t j = 0; j < row.size(); ++j) sum += (row[j] - relaxed[j]) * (row[j] - relaxed[j]);
    return sum;
  }

  // Value by value; where that point is known or not allowed, the nearest of some that are.
  std::optional<Point> rounded(const std::vector<double>& relaxed, Random& random) {
    std::optional<Point> nearest;
    double least = infinity;
    for (int i = 0; i < draws_; ++i) {
      std::optional<Point> point = points_.draw(random);
      if (!point) break;
      if (i == 0) {
        Point plain = *point;
        for (int j = 0; j < encoding_.size(); ++j) encoding_.place(plain, j, relaxed[static_cast<std::size_t>(j)]);
        if (points_.space().contains(plain) && !points_.known(plain)) return plain;
      }
      const double here = distance(*point, relaxed);
      if (here < least) least = here, nearest = std::move(point);
    }
    return nearest;
  }

  Goal goal_;
  std::uint64_t seed_;
  int warmup_ = 5, samples_ = 1000, draws_ = 200;
  double lambda_ = 1.0;
  std::uint64_t suggested_ = 0;
  FreshPoints points_;
  Encoding encoding_;
  Matrix inputs_;
  std::vector<double> targets_;  ///< infinite: failed, or a spec is broken
  double best_ = infinity, worst_ = -infinity;
};

}  // namespace

std::unique_ptr<Designer> make_relax_round_designer(const DesignerContext& context) {
  return std::make_unique<RelaxRoundDesigner>(context);
}

}  // namespace dovetail
