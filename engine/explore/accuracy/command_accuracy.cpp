// Stages that ask a command.
#include <dovetail/engine/explore/accuracy/command_accuracy.hpp>

#include <cmath>

#include <fmt/format.h>

#include <dovetail/engine/explore/pricers/command_pricer.hpp>
#include <dovetail/engine/explore/stage/candidate_json.hpp>
#include <dovetail/engine/external/command_pool.hpp>

namespace dovetail {
namespace {

class CommandStage final : public Stage {
 public:
  CommandStage(const CandidateSpace& space, std::string stage, const std::string& command, double timeout_s,
               std::string fidelity, std::vector<std::string> metrics, std::vector<std::string> keys)
      : space_(space),
        stage_(std::move(stage)),
        command_(command),
        timeout_s_(timeout_s),
        fidelity_(std::move(fidelity)),
        metrics_(std::move(metrics)),
        keys_(std::move(keys)),
        pool_(command, timeout_s, stage_ + " command") {}

  std::string name() const override { return stage_; }
  std::vector<std::string> metrics() const override { return metrics_; }
  double expected_seconds() const override { return 1.0; }
  bool oracle() const override { return stage_ == "accuracy"; }
  std::map<std::string, std::string> identity() const override {
    return {{metrics_.front() + " command", command_},
            {metrics_.front() + " timeout", fmt::format("{} s", timeout_s_)},
            {metrics_.front() + " fidelity", fidelity_}};
  }
  StageReuse reuse() const override { return {pool_.asked(), pool_.distinct(), "question to the command"}; }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    nlohmann::ordered_json question = candidate_question(space_, candidate);
    question["fidelity"] = fidelity_.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(fidelity_);
    const CommandPool::Answer answer =
        pool_.ask(question.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), effort.stop);
    if (answer.stopped) return {{}, "", true};
    if (!answer.failure.empty()) return {{}, answer.failure, false};
    StageAnswer result;
    const nlohmann::ordered_json& all = answer.value.contains("metrics") && answer.value["metrics"].is_object()
                                            ? answer.value["metrics"]
                                            : answer.value;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto found = all.find(keys_[i]);
      if (found == all.end()) return {{}, fmt::format("answered without '{}'", keys_[i]), false};
      const double value = found->is_number() ? found->get<double>() : std::nan("");
      if (!std::isfinite(value))
        return {{}, fmt::format("answered {} = {}, which is no number", keys_[i], found->dump().substr(0, 60)), false};
      result.metrics[metrics_[i]] = value;
    }
    return result;
  }

 private:
  const CandidateSpace& space_;
  std::string stage_, command_;
  double timeout_s_;
  std::string fidelity_;
  std::vector<std::string> metrics_, keys_;
  CommandPool pool_;
};

}  // namespace

std::unique_ptr<Stage> make_command_stage(const CandidateSpace& space, const std::string& stage,
                                          const std::string& command, double timeout_s, const std::string& fidelity,
                                          std::vector<std::string> metrics, std::vector<std::string> keys) {
  return std::make_unique<CommandStage>(space, stage, command, timeout_s, fidelity, std::move(metrics),
                                        std::move(keys));
}

std::unique_ptr<Stage> make_command_accuracy(const CandidateSpace& space, const StudyAccuracy& accuracy,
                                             const std::string& metric) {
  return make_command_stage(space, "accuracy", accuracy.command, accuracy.timeout_s, accuracy.fidelity, {metric},
                            {"accuracy"});
}

std::unique_ptr<Stage> make_command_pricer(const CandidateSpace& space, const StudyCost& cost) {
  return make_command_stage(space, "price", cost.command, cost.timeout_s, "", cost.metrics, cost.metrics);
}

}  // namespace dovetail
