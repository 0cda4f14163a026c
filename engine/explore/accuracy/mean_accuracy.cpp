// Several oracles as one stage.
#include <dovetail/engine/explore/accuracy/mean_accuracy.hpp>

#include <algorithm>

namespace dovetail {
namespace {

class MeanAccuracy final : public Stage {
 public:
  MeanAccuracy(const CandidateSpace& space, std::vector<std::unique_ptr<Stage>> oracles)
      : space_(space),
        oracles_(std::move(oracles)) {}

  std::string name() const override { return "accuracy"; }
  bool oracle() const override { return true; }
  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"accuracy"};
    for (const auto& oracle : oracles_)
      for (const std::string& name : oracle->metrics()) names.push_back(name);
    return names;
  }
  double expected_seconds() const override {
    double most = 0.0;
    for (const auto& oracle : oracles_) most = std::max(most, oracle->expected_seconds());
    return most;
  }
  std::map<std::string, std::string> identity() const override {
    std::map<std::string, std::string> all;
    for (const auto& oracle : oracles_)
      for (const auto& entry : oracle->identity()) all.insert(entry);
    return all;
  }
  std::vector<std::string> remarks() const override {
    std::vector<std::string> all;
    for (const auto& oracle : oracles_)
      for (const std::string& remark : oracle->remarks())
        if (std::find(all.begin(), all.end(), remark) == all.end()) all.push_back(remark);
    return all;
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    StageAnswer result;
    double sum = 0.0, weights = 0.0;
    for (std::size_t n = 0; n < oracles_.size(); ++n) {
      const StageAnswer one = oracles_[n]->run(candidate, effort);
      if (one.stopped || !one.failure.empty()) return one;
      result.metrics.insert(one.metrics.begin(), one.metrics.end());
      sum += space_.networks[n].weight * one.metrics.begin()->second;
      weights += space_.networks[n].weight;
    }
    result.metrics["accuracy"] = sum / weights;
    return result;
  }

  std::optional<double> guess(const NetworkCandidate& candidate) const override {
    double sum = 0.0, weights = 0.0;
    for (std::size_t n = 0; n < oracles_.size(); ++n) {
      const auto one = oracles_[n]->guess(candidate);
      if (!one) return std::nullopt;
      sum += space_.networks[n].weight * *one;
      weights += space_.networks[n].weight;
    }
    return sum / weights;
  }

 private:
  const CandidateSpace& space_;
  std::vector<std::unique_ptr<Stage>> oracles_;
};

}  // namespace

std::unique_ptr<Stage> make_mean_accuracy(const CandidateSpace& space, std::vector<std::unique_ptr<Stage>> oracles) {
  return std::make_unique<MeanAccuracy>(space, std::move(oracles));
}

}  // namespace dovetail
