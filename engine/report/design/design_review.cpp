// What surrounds the best design of a study (see the header).
#include <dovetail/engine/report/design/design_review.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_runner_ups = 5, least_trials = 8, classes = 4;
constexpr double near_limit = 0.98;

// The numbers that a parameter may take instead, one step down and one step up; empty at an end of the range. A list
// may be narrowed: of its values those that leave the point in the space.
struct Steps {
  bool ordered = false;
  std::optional<double> down, up;
  std::string ends_down, ends_up;  ///< the constraint that keeps out the next value of a list
};

std::string broken_constraint(const Space& space, const Point& point) {
  const std::vector<double> margins = space.margins(point);
  for (std::size_t c = 0; c < margins.size(); ++c)
    if (!(margins[c] >= 0.0)) return space.constraints()[c].text;
  return "";
}

Steps steps(const Space& space, std::size_t p, const Point& point) {
  const Parameter& parameter = space.parameters()[p];
  const auto number = static_cast<std::size_t>(space.offset(static_cast<int>(p)));
  const double at = point.numbers[number];
  Steps found;
  if (const auto* range = std::get_if<IntegerRange>(&parameter.domain)) {
    const auto step = static_cast<double>(range->step);
    found.ordered = range->low < range->high;
    if (at - step >= static_cast<double>(range->low)) found.down = at - step;
    if (at + step <= static_cast<double>(range->high)) found.up = at + step;
  } else if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain)) {
    found.ordered = list->values.size() > 1;
    // A point holds the position in the list.
    for (std::size_t choice = 0; choice < list->values.size(); ++choice) {
      const auto value = static_cast<double>(choice);
      Point moved = point;
      moved.numbers[number] = value;
      if (!space.contains(moved)) {
        if (value == at + 1.0) found.ends_up = broken_constraint(space, moved);
        if (value == at - 1.0) found.ends_down = broken_constraint(space, moved);
        continue;
      }
      if (value < at) found.down = value;
      if (value > at && !found.up) found.up = value;
    }
  }
  found.ordered = found.ordered && (found.down || found.up);  // with one value there is no limit to meet
  return found;
}

std::string words(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

double objective_of(const Json& trial) {
  const Json& metrics = trial["metrics"];
  const bool known = trial["outcome"] == "feasible" && metrics.contains("objective") &&
                     metrics["objective"].is_number() && metrics["objective"].get<double>() > 0.0;
  return known ? metrics["objective"].get<double>() : 0.0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

// Trials with the same or neighbouring values of a parameter.
struct Class {
  Json first, last;
  std::vector<double> logs;
};

// Every value of its own where they are few or have no order, otherwise neighbours joined.
std::vector<Class> classify(const std::vector<std::pair<Json, double>>& rows) {
  std::map<Json, std::vector<double>> by_value;
  bool numbers = true;
  for (const auto& [value, log] : rows) {
    by_value[value].push_back(log);
    numbers = numbers && value.is_number();
  }
  const bool join = numbers && by_value.size() > classes;
  std::vector<Class> found;
  std::size_t before = 0;
  for (auto& [value, logs] : by_value) {
    const bool opens = found.empty() || !join || before * classes >= rows.size() * found.size();
    before += logs.size();
    if (opens) {
      found.push_back({value, value, std::move(logs)});
      continue;
    }
    found.back().last = value;
    found.back().logs.insert(found.back().logs.end(), logs.begin(), logs.end());
  }
  return found;
}

// Epsilon squared: 1 - (variance within classes) / (variance), both unbiased; at least 0.
double explained(const std::vector<Class>& parts) {
  double sum = 0.0, within = 0.0, total = 0.0;
  std::size_t count = 0;
  for (const Class& part : parts) {
    for (const double log : part.logs) sum += log;
    count += part.logs.size();
  }
  const double mean = sum / static_cast<double>(count);
  for (const Class& part : parts) {
    double own = 0.0;
    for (const double log : part.logs) own += log / static_cast<double>(part.logs.size());
    for (const double log : part.logs) {
      within += (log - own) * (log - own);
      total += (log - mean) * (log - mean);
    }
  }
  if (total <= 0.0 || count <= parts.size()) return 0.0;
  const double ratio = within / static_cast<double>(count - parts.size()) * static_cast<double>(count - 1) / total;
  return std::max(0.0, 1.0 - ratio);
}

Json effects_json(double best, const Json& trials, const std::vector<std::string>& parameters) {
  Json effects = Json::array();
  for (const std::string& parameter : parameters) {
    std::vector<std::pair<Json, double>> rows;
    for (const Json& trial : trials) {
      const double objective = objective_of(trial);
      if (objective > 0.0 && trial["point"].contains(parameter))
        rows.emplace_back(trial["point"][parameter], std::log(objective));
    }
    if (rows.size() < least_trials) continue;
    const std::vector<Class> parts = classify(rows);
    if (parts.size() < 2) continue;
    const auto least = std::min_element(parts.begin(), parts.end(),
                                        [](const Class& a, const Class& b) { return median(a.logs) < median(b.logs); });
    effects.push_back({{"parameter", parameter},
                       {"explains", explained(parts)},
                       {"values", {least->first, least->last}},
                       {"median_over_best", std::exp(median(least->logs)) / best}});
  }
  std::stable_sort(effects.begin(), effects.end(), [](const Json& a, const Json& b) {
    return a["explains"].get<double>() > b["explains"].get<double>();
  });
  return effects;
}

std::string limits_text(const Json& best) {
  if (!best.contains("limits") || best["limits"].empty()) return "";
  std::string out = "\nLimits that the best design meets\n";
  for (const Json& limit : best["limits"]) out += "  " + limit.get<std::string>() + "\n";
  return out;
}

std::string runner_ups_text(const Json& runner_ups) {
  if (runner_ups.empty()) return "";
  Table table({"trial", "over the best", "where it differs"});
  for (const Json& design : runner_ups) {
    std::string differs;
    for (const auto& [name, value] : design["differs"].items())
      differs += fmt::format("{}{}={}", differs.empty() ? "" : "  ", name, words(value));
    table.add({design["id"].dump(), fmt::format("{:.4f} x", design["over_best"].get<double>()), differs});
  }
  return "\nRunner-ups\n" + table.text(2);
}

std::string effects_text(const Json& effects) {
  if (effects.empty()) return "";
  Table table({"parameter", "explains", "least median at", "over the best there"});
  for (const Json& effect : effects) {
    const std::string first = words(effect["values"][0]), last = words(effect["values"][1]);
    table.add({effect["parameter"].get<std::string>(),
               fmt::format("{:.0f} %", 100.0 * effect["explains"].get<double>()),
               first == last ? first : fmt::format("{} to {}", first, last),
               fmt::format("{:.3f} x", effect["median_over_best"].get<double>())});
  }
  return "\nWhich parameters matter (share of the spread of feasible trials that each explains by itself; "
         "trials are "
         "where the search went)\n" +
         table.text(2);
}

}  // namespace

std::vector<std::string> binding_limits(const Codesign& codesign, const DesignPoint& design) {
  std::vector<std::string> limits;
  const Trial outcome = codesign.trial(0, design);
  for (const Spec& spec : codesign.goal().specs) {
    const auto found = outcome.metrics.find(spec.metric);
    if (found == outcome.metrics.end()) continue;
    if (spec.max && found->second >= near_limit * *spec.max)
      limits.push_back(
          fmt::format("spec {} <= {:.4g}: {:.1f} % of it", spec.metric, *spec.max, 100.0 * found->second / *spec.max));
    if (spec.min && near_limit * found->second <= *spec.min)
      limits.push_back(fmt::format("spec {} >= {:.4g}: {:.4g}", spec.metric, *spec.min, found->second));
  }
  const Space& space = codesign.space();
  if (!space.contains(design.point)) return limits;
  std::set<std::size_t> met;
  for (std::size_t p = 0; p < space.parameters().size(); ++p) {
    const Parameter& parameter = space.parameters()[p];
    const auto number = static_cast<std::size_t>(space.offset(static_cast<int>(p)));
    const Steps next = steps(space, p, design.point);
    const double value_at = next.ordered ? space.number(design.point, static_cast<int>(p)) : 0.0;
    const auto end = [&](const char* which, const std::string& constraint) {
      limits.push_back(fmt::format("{} at its {}, {:g}{}", parameter.name, which, value_at,
                                   constraint.empty() ? "" : " (ended by " + constraint + ")"));
    };
    if (next.ordered && !next.up) end("largest", next.ends_up);
    if (next.ordered && !next.down) end("smallest", next.ends_down);
    for (const std::optional<double>& value : {next.down, next.up}) {
      if (!value) continue;
      Point moved = design.point;
      moved.numbers[number] = *value;
      const std::vector<double> margins = space.margins(moved);
      for (std::size_t c = 0; c < margins.size(); ++c) {
        const std::string& text = space.constraints()[c].text;
        if (!(margins[c] >= 0.0) && text.find_first_of("<>") != std::string::npos) met.insert(c);
      }
    }
  }
  for (const std::size_t c : met) limits.push_back("constraint " + space.constraints()[c].text);
  return limits;
}

Json review_json(const Json& best, const Json& trials, const std::vector<std::string>& parameters) {
  if (!best.is_object()) return nullptr;
  const double objective = best["objective"].get<double>();
  std::vector<std::pair<double, Json>> next;
  for (const Json& trial : trials) {
    const double own = objective_of(trial);
    Json differs = Json::object();
    for (const std::string& name : parameters) {
      if (trial["point"].contains(name) &&
          (!best["point"].contains(name) || trial["point"][name] != best["point"][name]))
        differs[name] = trial["point"][name];
    }
    if (own <= 0.0 || differs.empty()) continue;
    next.emplace_back(
        own,
        Json{{"id", trial["id"]}, {"objective", own}, {"over_best", own / objective}, {"differs", std::move(differs)}});
  }
  std::stable_sort(next.begin(), next.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  next.resize(std::min(next.size(), most_runner_ups));
  Json runner_ups = Json::array();
  for (auto& [own, json] : next) runner_ups.push_back(std::move(json));
  return {{"runner_ups", std::move(runner_ups)}, {"effects", effects_json(objective, trials, parameters)}};
}

std::string review_text(const Json& result) {
  std::string out = limits_text(result["best"]);
  if (result.contains("review"))
    out += runner_ups_text(result["review"]["runner_ups"]) + effects_text(result["review"]["effects"]);
  return out;
}

}  // namespace dovetail
