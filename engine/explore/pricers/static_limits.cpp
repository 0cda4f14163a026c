// Sums over layers, and the machine's area.
#include <dovetail/engine/explore/pricers/static_limits.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

namespace dovetail {
namespace {

class StaticLimits final : public Stage {
 public:
  StaticLimits(const CandidateSpace& space, std::optional<double> clock_mhz) : clock_mhz_(clock_mhz), space_(space) {
    for (const NetworkSource& network : space.networks)
      if (!network.family && network.any.empty()) given_.emplace(&network, totals(network.fixed));
  }

  std::string name() const override { return "limits"; }
  double expected_seconds() const override { return 3e-4; }

  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"layers", "macs", "parameters", "activations"};
    if (space_.networks.size() > 1)
      for (const NetworkSource& network : space_.networks)
        for (const char* name : {"layers", "macs", "parameters", "activations"})
          names.push_back(network.task + "." + name);
    if (space_.machine || space_.system) names.emplace_back("area_um2");
    if (space_.system)
      for (const char* name : {"machines", "pes", "bandwidth_gb_s", "least_latency_ms", "least_energy_mj"})
        names.emplace_back(name);
    return names;
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    StageAnswer answer;
    for (const char* name : {"layers", "macs", "parameters", "activations"}) answer.metrics[name] = 0.0;
    for (const CandidateNetwork& network : candidate.networks) {
      const auto given = network.compression.empty() ? given_.find(network.source) : given_.end();
      const Totals all = given != given_.end() ? given->second : totals(network.network());
      const std::pair<const char*, std::int64_t> parts[] = {
          {"layers", all.layers}, {"macs", all.macs}, {"parameters", all.parameters}, {"activations", all.activations}};
      for (const auto& [name, value] : parts) {
        answer.metrics[name] += static_cast<double>(value);
        if (candidate.networks.size() > 1)
          answer.metrics[network.source->task + "." + name] = static_cast<double>(value);
      }
    }
    if (candidate.machine != nullptr) answer.metrics["area_um2"] = area_um2(candidate.architecture());
    if (space_.system) add_system(candidate, answer.metrics);
    return answer;
  }

 private:
  struct Sizes {
    double pes = 0.0, bandwidth_gb_s = 0.0, own_area = 0.0, outer_area = 0.0, mac_pj = 0.0, clock_mhz = 0.0;
  };

  Sizes sizes(const SystemMachine& machine) const {
    const std::string key = machine.key();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (const auto found = known_.find(key); found != known_.end()) return found->second;
    }
    const Architecture built = machine.architecture();
    const double clock = machine.option->clock_mhz;
    const Sizes found{static_cast<double>(built.compute.instances),
                      bandwidth_gb_s(built, clock),
                      own_area_um2(built),
                      outer_area_um2(built),
                      built.compute.energy_per_op_pj,
                      clock};
    constexpr std::size_t most_known = 100'000;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (known_.size() < most_known) known_.emplace(key, found);
    return found;
  }

  // Sums over the machines. No schedule is faster than all units of all machines busy all the time, and none needs less
  // energy than its multiply-accumulates on the thriftiest of them.
  void add_system(const NetworkCandidate& candidate, std::map<std::string, double>& metrics) const {
    double pes = 0.0, bandwidth = 0.0, area = 0.0, outer = 0.0, rate = 0.0,
           mac_pj = std::numeric_limits<double>::infinity();
    for (const SystemMachine& machine : candidate.machines) {
      const Sizes one = sizes(machine);
      pes += one.pes;
      bandwidth += one.bandwidth_gb_s;
      area += one.own_area;
      outer = std::max(outer, one.outer_area);
      rate += one.pes * (clock_mhz_ ? *clock_mhz_ : one.clock_mhz) * 1e3;
      mac_pj = std::min(mac_pj, one.mac_pj);
    }
    metrics["machines"] = static_cast<double>(candidate.machines.size());
    metrics["pes"] = pes;
    metrics["bandwidth_gb_s"] = bandwidth;
    metrics["area_um2"] = area + outer;
    metrics["least_latency_ms"] = metrics["macs"] / rate;
    metrics["least_energy_mj"] = metrics["macs"] * mac_pj * 1e-9;
  }

  std::optional<double> clock_mhz_;
  std::map<const NetworkSource*, Totals> given_;  ///< of networks that are not searched
  mutable std::mutex mutex_;
  mutable std::map<std::string, Sizes> known_;
  const CandidateSpace& space_;
};

}  // namespace

std::unique_ptr<Stage> make_static_limits(const CandidateSpace& space, std::optional<double> clock_mhz) {
  return std::make_unique<StaticLimits>(space, clock_mhz);
}

}  // namespace dovetail
