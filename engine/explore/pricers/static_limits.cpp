// Sums over layers, and the machine's area.
#include <dovetail/engine/explore/pricers/static_limits.hpp>

namespace dovetail {
namespace {

class StaticLimits final : public Stage {
 public:
  explicit StaticLimits(const CandidateSpace& space) : space_(space) {}

  std::string name() const override { return "limits"; }
  double expected_seconds() const override { return 3e-4; }

  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"layers", "macs", "parameters", "activations"};
    if (space_.networks.size() > 1)
      for (const NetworkSource& network : space_.networks)
        for (const char* name : {"layers", "macs", "parameters", "activations"}) names.push_back(network.task + "." + name);
    if (space_.machine) names.emplace_back("area_um2");
    return names;
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    StageAnswer answer;
    for (const char* name : {"layers", "macs", "parameters", "activations"}) answer.metrics[name] = 0.0;
    for (const CandidateNetwork& network : candidate.networks) {
      const Totals all = totals(network.network());
      const std::pair<const char*, std::int64_t> parts[] = {
          {"layers", all.layers}, {"macs", all.macs}, {"parameters", all.parameters}, {"activations", all.activations}};
      for (const auto& [name, value] : parts) {
        answer.metrics[name] += static_cast<double>(value);
        if (candidate.networks.size() > 1) answer.metrics[network.source->task + "." + name] = static_cast<double>(value);
      }
    }
    if (candidate.machine != nullptr) answer.metrics["area_um2"] = area_um2(candidate.architecture());
    return answer;
  }

 private:
  const CandidateSpace& space_;
};

}  // namespace

std::unique_ptr<Stage> make_static_limits(const CandidateSpace& space) {
  return std::make_unique<StaticLimits>(space);
}

}  // namespace dovetail
