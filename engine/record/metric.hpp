// What a design is judged by: one row per metric that can be an objective or a limit.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace dovetail {

/// What is known of a design once its networks are mapped: weighted sums over them, and its machine.
struct DesignFigures {
  double energy_pj = 0.0, cycles = 0.0, area_um2 = 0.0;
  double clock_hz = 0.0;
};

struct Metric {
  const char* name;     ///< as in specs and records, with its unit
  const char* word;     ///< as in objectives
  const char* unit;     ///< as in words
  bool before_mapping;  ///< known of the machine alone
  /// value = (something of the machine) x energy_pj^energy_power x cycles^cycles_power.
  double energy_power, cycles_power;
  double (*value)(const DesignFigures& figures);
  /// Whether bounds of energy and cycles from below bound it from below.
  bool rises() const { return energy_power >= 0.0 && cycles_power >= 0.0; }
};

std::span<const Metric> metrics();
/// Null: there is none of this name.
const Metric* find_metric(const std::string& name);
std::vector<std::string> metric_names();
/// "edp, energy, ...": what an objective may be made of.
std::string metric_words();

}  // namespace dovetail
