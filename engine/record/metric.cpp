// The table of metrics.
#include <dovetail/engine/record/metric.hpp>

#include <algorithm>

namespace dovetail {
namespace {

double seconds(const DesignFigures& figures) {
  return figures.cycles / figures.clock_hz;
}

constexpr Metric table[] = {
    {"edp", "edp", "pJ x cycles", false, 1.0, 1.0, [](const DesignFigures& of) { return of.energy_pj * of.cycles; }},
    {"energy_pj", "energy", "pJ", false, 1.0, 0.0, [](const DesignFigures& of) { return of.energy_pj; }},
    {"cycles", "cycles", "cycles", false, 0.0, 1.0, [](const DesignFigures& of) { return of.cycles; }},
    {"area_um2", "area", "um2", true, 0.0, 0.0, [](const DesignFigures& of) { return of.area_um2; }},
    {"power_mw", "power", "mW", false, 1.0, -1.0,
     [](const DesignFigures& of) { return of.energy_pj * 1e-12 / seconds(of) * 1e3; }},
    {"latency_ms", "latency", "ms", false, 0.0, 1.0, [](const DesignFigures& of) { return seconds(of) * 1e3; }},
};

}  // namespace

std::span<const Metric> metrics() {
  return table;
}

const Metric* find_metric(const std::string& name) {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [&](const Metric& row) { return name == row.name; });
  return found == std::end(table) ? nullptr : found;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Metric& row : table) names.emplace_back(row.name);
  return names;
}

std::string metric_words() {
  std::string words;
  for (const Metric& row : table) words += (words.empty() ? "" : ", ") + std::string(row.word);
  return words;
}

}  // namespace dovetail
