// Sums of drops as a stage.
#include <dovetail/engine/explore/accuracy/sensitivity_accuracy.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>

namespace dovetail {
namespace {

class SensitivityAccuracy final : public Stage {
 public:
  SensitivityAccuracy(std::size_t network, Sensitivities sensitivities, std::shared_ptr<const ExactCompression> exact,
                      std::string metric)
      : network_(network),
        sensitivities_(std::move(sensitivities)),
        exact_(std::move(exact)),
        metric_(std::move(metric)) {}

  std::string name() const override { return "accuracy"; }
  std::vector<std::string> metrics() const override { return {metric_}; }
  double expected_seconds() const override { return 1e-4; }
  bool oracle() const override { return true; }
  std::map<std::string, std::string> identity() const override {
    std::string text;
    for (const auto& [name, one] : sensitivities_) {
      text += fmt::format("{} {} {};", name, one.base, one.drop == Drop::envelope);
      for (const Sensitivity& kind : one.kinds)
        for (const LayerSensitivity& layer : kind.layers)
          for (const SensitivityRow& row : layer.rows)
            text += fmt::format("{} {} {} {};", kind.kind, layer.layer, row.amount, row.metric);
    }
    return {{metric_ + " sensitivities digest", digest(text)}};
  }
  std::vector<std::string> remarks() const override {
    AdditiveError all;
    for (const auto& [name, one] : sensitivities_)
      for (const Sensitivity& kind : one.kinds) {
        const AdditiveError error = additive_error(kind, one.drop);
        if (error.points == 0) continue;
        const auto points = static_cast<double>(all.points + error.points);
        all.mean =
            (all.mean * static_cast<double>(all.points) + error.mean * static_cast<double>(error.points)) / points;
        all.largest = std::max(all.largest, error.largest);
        all.points += error.points;
      }
    const std::string checked =
        all.points == 0 ? "it was never measured jointly"
                        : fmt::format("against {} jointly measured points it is {:.3g} off on average, {:.3g} at most",
                                      all.points, all.mean, all.largest);
    return {fmt::format(
        "{} is predicted, additive: what the whole network has, minus what each compressed layer loses by itself; {}",
        metric_, checked)};
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    const CandidateNetwork& part = candidate.networks[network_];
    const auto found = sensitivities_.find(part.name());
    if (found == sensitivities_.end())
      return {{}, fmt::format("nothing is known of the accuracy of {}", part.name()), false};
    double loss = 0.0;
    if (exact_) {
      const ExactCompression::Answer answer = exact_->solve(candidate);
      if (!answer.feasible) return {{}, "no compression keeps the latency", false};
      loss = answer.loss;
    } else if (!part.compression.empty()) {
      const PredictedLoss lost =
          predicted_loss(found->second.kinds, part.plain(), part.compression, found->second.drop);
      if (!lost.failure.empty()) return {{}, lost.failure, false};
      loss = lost.loss;
    }
    return {{{metric_, std::max(0.0, found->second.base - loss)}}, "", false};
  }

 private:
  std::size_t network_;
  Sensitivities sensitivities_;
  std::shared_ptr<const ExactCompression> exact_;
  std::string metric_;
};

}  // namespace

std::unique_ptr<Stage> make_sensitivity_accuracy(const CandidateSpace&, std::size_t network,
                                                 Sensitivities sensitivities,
                                                 std::shared_ptr<const ExactCompression> exact,
                                                 const std::string& metric) {
  return std::make_unique<SensitivityAccuracy>(network, std::move(sensitivities), std::move(exact), metric);
}

}  // namespace dovetail
