// Objectives by name and as products of powers.
#include <dovetail/engine/map/objective.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include <dovetail/engine/record/metric.hpp>

namespace dovetail {

std::optional<MappingObjective> parse_objective(const std::string& text) {
  if (text == "edp") return MappingObjective{1, 1};
  if (text == "energy") return MappingObjective{1, 0};
  if (text == "cycles") return MappingObjective{0, 1};
  if (text == "ed2p") return MappingObjective{1, 2};
  MappingObjective objective{0, 0};
  bool seen_energy = false, seen_cycles = false;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = std::min(text.find('*', at), text.size());
    std::string factor = text.substr(at, end - at);
    double power = 1.0;
    if (const std::size_t caret = factor.find('^'); caret != std::string::npos) {
      const std::string digits = factor.substr(caret + 1);
      char* rest = nullptr;
      power = std::strtod(digits.c_str(), &rest);
      if (digits.empty() || *rest != '\0' || !(power >= 0.0 && power <= 8.0)) return std::nullopt;
      factor.resize(caret);
    }
    bool& seen = factor == "energy" ? seen_energy : seen_cycles;
    if ((factor != "energy" && factor != "cycles") || seen) return std::nullopt;
    seen = true;
    (factor == "energy" ? objective.energy_power : objective.cycles_power) = power;
    if (end == text.size()) break;
    at = end + 1;
  }
  if (objective.energy_power + objective.cycles_power <= 0.0) return std::nullopt;
  return objective;
}

std::optional<StudyObjective> parse_study_objective(const std::string& text) {
  if (text.find(',') == std::string::npos) {
    const auto one = parse_objective(text);
    return one ? std::optional(StudyObjective{*one, {}}) : std::nullopt;
  }
  StudyObjective objective{{0.0, 0.0}, {}};
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, end - at);
    std::erase(word, ' ');
    const auto rows = metrics();
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Metric& row) { return word == row.word; });
    if (found == rows.end() || std::count(objective.metrics.begin(), objective.metrics.end(), found->name) > 0)
      return std::nullopt;
    objective.metrics.emplace_back(found->name);
    if (found->rises()) {
      objective.mapping.energy_power = std::max(objective.mapping.energy_power, found->energy_power);
      objective.mapping.cycles_power = std::max(objective.mapping.cycles_power, found->cycles_power);
    }
    at = end + 1;
  }
  if (objective.mapping.energy_power + objective.mapping.cycles_power <= 0.0) objective.mapping = {1.0, 1.0};
  return objective;
}

std::string objective_name(const MappingObjective& objective) {
  for (const char* name : {"edp", "energy", "cycles", "ed2p"}) {
    const MappingObjective named = *parse_objective(name);
    if (named.energy_power == objective.energy_power && named.cycles_power == objective.cycles_power) return name;
  }
  return fmt::format("energy^{}*cycles^{}", objective.energy_power, objective.cycles_power);
}

std::string objective_help() {
  return "edp, energy, cycles, ed2p, or a product of powers such as energy^2*cycles";
}

std::string objective_unit(const MappingObjective& objective) {
  const auto power = [](const char* unit, double exponent) {
    if (exponent == 0.0) return std::string();
    return exponent == 1.0 ? std::string(unit) : fmt::format("{}^{}", unit, exponent);
  };
  const std::string energy = power("pJ", objective.energy_power), cycles = power("cycles", objective.cycles_power);
  return energy.empty() ? cycles : cycles.empty() ? energy : energy + " x " + cycles;
}

}  // namespace dovetail
