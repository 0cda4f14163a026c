// What is known of the loop model's answers, guessed in between.
#include <dovetail/engine/design/bayes/loop_prior.hpp>

#include <cmath>
#include <utility>

#include <dovetail/spaces/space/random.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t loop_stream = 0x6c6f6f70;  // "loop"

GaussianProcessModel emulator_model(const PointFeatures& features) {
  GaussianProcessModel model;
  model.kernel = features.kernel("matern52");
  return model;
}

RegressionOptions plain() {
  RegressionOptions options;
  options.transform = "none";  // outputs are logarithms already
  return options;
}

class ScreenedDesigner final : public Designer {
 public:
  ScreenedDesigner(std::unique_ptr<Designer> inner, std::shared_ptr<LoopPrior> prior)
      : inner_(std::move(inner)),
        prior_(std::move(prior)) {}
  std::string name() const override { return inner_->name(); }
  std::vector<Point> suggest(int count) override { return inner_->suggest(count); }
  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      const auto found = trial.metrics.find(loop_objective_metric);
      if (found != trial.metrics.end()) prior_->learn(trial.point, found->second);
    }
    inner_->update(completed);
  }

 private:
  std::unique_ptr<Designer> inner_;
  std::shared_ptr<LoopPrior> prior_;
};

}  // namespace

LoopPrior::LoopPrior(const Space& space, std::function<std::vector<double>(const Point&)> features, Answer exact,
                     std::uint64_t seed, int spread)
    : space_(space),
      features_(space, std::move(features)),
      exact_(std::move(exact)),
      seed_(seed),
      spread_(spread),
      emulator_(emulator_model(features_), plain()) {}

void LoopPrior::learn(const Point& point, double objective) {
  if (!std::isfinite(objective) || objective <= 0.0) return;
  if (!known_.emplace(point, std::log(objective)).second) return;
  inputs_.append(features_(point));
  outputs_.push_back(std::log(objective));
}

void LoopPrior::fit() {
  if (!drawn_) {
    drawn_ = true;
    Random random(seed_, {loop_stream});
    for (int i = 0; i < spread_; ++i) {
      const std::optional<Point> point = space_.sample(random);
      if (!point) break;
      if (known_.count(*point) != 0) continue;
      if (const std::optional<double> answer = exact_(*point)) learn(*point, *answer);
    }
  }
  if (fitted_ == outputs_.size()) return;
  emulator_.update(inputs_, outputs_);
  fitted_ = outputs_.size();
}

double LoopPrior::operator()(const Point& point) {
  fit();
  if (const auto found = known_.find(point); found != known_.end()) return found->second;
  if (!emulator_.ready()) return 0.0;
  const Matrix row = features_.matrix({&point, 1});
  return emulator_.inverse(emulator_.predict(row).mean.front());
}

std::unique_ptr<Designer> make_screened_designer(const std::string& name, DesignerContext context,
                                                 std::shared_ptr<LoopPrior> prior) {
  if (name != "bayes") return make_designer(name, context);
  context.prior_mean = [prior](const Point& point) { return std::vector<double>{(*prior)(point)}; };
  context.options.emplace("transform", "log");
  return std::make_unique<ScreenedDesigner>(make_designer(name, context), std::move(prior));
}

}  // namespace dovetail
