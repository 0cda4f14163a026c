// Checks schedules against the rules, and draws them.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dovetail/engine/place/placement.hpp>

namespace dovetail {

std::string check(const PlacementProblem& problem, const Schedule& schedule) {
  const double slack = 1e-9 * (1.0 + schedule.makespan);
  const auto named = [&](std::size_t l) {
    return problem.layers[l].name.empty() ? fmt::format("layer {}", l) : problem.layers[l].name;
  };
  if (schedule.layers.size() != problem.layers.size()) return "not every layer is placed";
  double makespan = 0.0, energy = 0.0;
  for (std::size_t l = 0; l < schedule.layers.size(); ++l) {
    const PlacedLayer& placed = schedule.layers[l];
    const PlacementLayer& layer = problem.layers[l];
    if (placed.layer != l || placed.machine >= problem.machines) return named(l) + " is on no machine";
    if (!(std::abs(placed.start + layer.cycles[placed.machine] - placed.end) <= slack))
      return named(l) + " has other cycles than its machine gives";
    if (placed.start < layer.release - slack) return named(l) + " starts before its release";
    if (placed.end > layer.deadline + slack) return named(l) + " misses its deadline";
    makespan = std::max(makespan, placed.end);
    energy += layer.energy[placed.machine];
    for (std::size_t k = 0; k < l; ++k) {
      const PlacedLayer& other = schedule.layers[k];
      if (other.machine == placed.machine && other.start < placed.end - slack && placed.start < other.end - slack)
        return fmt::format("{} and {} run at once on machine {}", named(k), named(l), placed.machine);
    }
  }
  for (const auto& [before, after] : problem.edges) {
    const PlacedLayer &a = schedule.layers[before], &b = schedule.layers[after];
    if (b.start < a.end + (a.machine == b.machine ? 0.0 : problem.layers[before].transfer) - slack)
      return fmt::format("{} starts before it has what {} computes", named(after), named(before));
  }
  if (std::abs(makespan - schedule.makespan) > slack) return "the makespan is not the last end";
  if (std::abs(energy - schedule.energy) > 1e-9 * (1.0 + energy)) return "the energy is not the layers' sum";
  return "";
}

std::string gantt(const PlacementProblem& problem, const Schedule& schedule, const std::vector<std::string>& machines,
                  std::size_t width) {
  std::size_t margin = 8;
  for (const std::string& name : machines) margin = std::max(margin, name.size());
  margin = std::min<std::size_t>(margin, 24);
  const double scale = schedule.makespan > 0.0 ? static_cast<double>(width) / schedule.makespan : 0.0;
  std::string text;
  for (std::size_t m = 0; m < problem.machines; ++m) {
    std::string row(width, '.');
    double busy = 0.0;
    std::vector<PlacedLayer> mine;
    for (const PlacedLayer& placed : schedule.layers)
      if (placed.machine == m) mine.push_back(placed);
    std::sort(mine.begin(), mine.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    bool upper = false;
    for (const PlacedLayer& placed : mine) {
      busy += placed.end - placed.start;
      const auto from = static_cast<std::size_t>(placed.start * scale),
                 to = static_cast<std::size_t>(std::ceil(placed.end * scale));
      const auto letter = static_cast<char>('a' + problem.layers[placed.layer].network % 26);
      for (std::size_t i = from; i < std::min(to, width); ++i)
        row[i] = upper ? static_cast<char>(letter - 'a' + 'A') : letter;
      upper = !upper;
    }
    text += fmt::format("  {:<{}} |{}| busy {:5.1f} %\n", std::string(machines[m].substr(0, margin)), margin, row,
                        schedule.makespan > 0.0 ? 100.0 * busy / schedule.makespan : 0.0);
  }
  return text + fmt::format("  {:<{}}  0{:>{}.6g} cycles\n", "", margin, schedule.makespan, width - 1);
}

}  // namespace dovetail
