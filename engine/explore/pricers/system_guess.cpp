// Tables of the layers, bounds on machines, and work that flows to where it is cheap.
#include <dovetail/engine/explore/pricers/system_guess.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/engine/bound/forced_tiles.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr double light_share = 0.03;  // of energy and of cycles: such layers are bounded at a glance
constexpr double cycle_worths[] = {0.0, 0.1, 0.3,
                                   1.0, 3.0, 30.0};  // x energy over cycles of all work where it is thriftiest
constexpr int price_steps = 48;

// One trade-off: prices of the machines, then of the networks, that sum to what a cycle is worth.
FluidCost fluid_cost(const std::vector<SharedWork>& work, std::size_t machines, std::size_t networks, double worth) {
  const std::size_t resources = machines + networks;
  std::vector<double> share(resources, 1.0 / static_cast<double>(resources)), load(resources), mean(resources, 0.0);
  double energy_sum = 0.0;
  int counted = 0;
  for (int step = 0; step < price_steps; ++step) {
    std::fill(load.begin(), load.end(), 0.0);
    double energy = 0.0;
    for (const SharedWork& part : work) {
      std::size_t at = 0;
      double least = infinity;
      for (std::size_t m = 0; m < machines; ++m) {
        if (part.cycles[m] == infinity) continue;
        // A share of nothing would leave the choice among equally thrifty machines to their order.
        const double value =
            part.energy_pj[m] + std::max(worth, 1e-9) * (share[m] + share[machines + part.network]) * part.cycles[m];
        if (value < least) least = value, at = m;
      }
      energy += part.energy_pj[at];
      load[at] += part.cycles[at];
      load[machines + part.network] += part.cycles[at];
    }
    if (4 * step >= price_steps) {
      energy_sum += energy;
      for (std::size_t r = 0; r < resources; ++r) mean[r] += load[r];
      ++counted;
    }
    const double most = *std::max_element(load.begin(), load.end());
    if (!(most > 0.0)) break;
    const double rate = 1.0 / (1.0 + 0.1 * step);
    double sum = 0.0;
    for (std::size_t r = 0; r < resources; ++r) sum += share[r] *= std::exp(rate * load[r] / most);
    for (double& one : share) one /= sum;
  }
  if (counted == 0) return {};
  return {*std::max_element(mean.begin(), mean.end()) / counted, energy_sum / counted};
}

}  // namespace

std::vector<FluidCost> fluid_costs(const std::vector<SharedWork>& work, std::size_t machines, std::size_t networks) {
  std::vector<FluidCost> costs;
  for (const double factor : cycle_worths) {
    const double worth =
        costs.empty() || !(costs.front().cycles > 0.0) ? 0.0 : factor * costs.front().energy_pj / costs.front().cycles;
    costs.push_back(fluid_cost(work, machines, networks, worth));
  }
  return costs;
}

SystemGuess::SystemGuess(const CandidateSpace& space, Bypass bypass, std::optional<double> clock_mhz)
    : space_(space),
      bypass_(bypass),
      one_clock_(clock_mhz.has_value()) {
  for (const SlotOption& option : space.system->options()) clock_mhz_ = std::max(clock_mhz_, option.clock_mhz);
  if (clock_mhz) clock_mhz_ = *clock_mhz;
  for (std::size_t n = 0; n < space.networks.size(); ++n)
    for (const UniqueLayer& unique : unique_layers(space.networks[n].fixed))
      parts_.push_back({n, &pool_.add(unique.layer), static_cast<double>(unique.count)});
}

bool SystemGuess::possible(const CandidateSpace& space) {
  return space.system && space.compression.numbers() == 0 &&
         std::all_of(space.networks.begin(), space.networks.end(),
                     [](const NetworkSource& network) { return !network.family && network.any.empty(); });
}

std::shared_ptr<const SystemGuess::Costs> SystemGuess::costs(const SystemMachine& machine) const {
  const std::string key = machine.key();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  const Architecture built = machine.architecture();
  auto costs = std::make_shared<Costs>();
  std::vector<MappingRules> rules;
  CompulsoryCost all;
  for (const Part& part : parts_) {
    const Layer& layer = part.layer->layer;
    rules.push_back(machine.rules(layer));
    if (!demanded_tiles_fit(layer, built, rules.back(), bypass_)) {
      costs->push_back({infinity, infinity});
      continue;
    }
    costs->push_back(part.layer->bound->quick(built, rules.back()));
    all.energy_pj += part.count * costs->back().energy_pj;
    all.cycles += part.count * costs->back().cycles;
  }
  const double scale = one_clock_ ? 1.0 : clock_mhz_ / machine.option->clock_mhz;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    CompulsoryCost& cost = (*costs)[i];
    if (cost.cycles == infinity) continue;
    const bool weighty = parts_[i].count * cost.energy_pj >= light_share * all.energy_pj ||
                         parts_[i].count * cost.cycles >= light_share * all.cycles;
    if (weighty) cost = (*parts_[i].layer->bound)(built, rules[i], bypass_);
    cost = {parts_[i].count * cost.energy_pj, parts_[i].count * cost.cycles * scale};
  }
  constexpr std::size_t most_known = 200'000;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (known_.size() < most_known) known_.emplace(key, costs);
  return costs;
}

std::vector<FluidCost> SystemGuess::operator()(const NetworkCandidate& candidate) const {
  std::vector<std::shared_ptr<const Costs>> machines;
  for (const SystemMachine& machine : candidate.machines) machines.push_back(costs(machine));
  std::vector<SharedWork> work;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    SharedWork part{parts_[i].network, {}, {}};
    for (const auto& one : machines) {
      part.cycles.push_back((*one)[i].cycles);
      part.energy_pj.push_back((*one)[i].energy_pj);
    }
    if (std::all_of(part.cycles.begin(), part.cycles.end(), [](double cycles) { return cycles == infinity; }))
      return {};
    work.push_back(std::move(part));
  }
  return machines.empty() ? std::vector<FluidCost>() : fluid_costs(work, machines.size(), space_.networks.size());
}

}  // namespace dovetail
