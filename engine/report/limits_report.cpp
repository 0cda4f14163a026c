// Limits of a study (see the header).
#include <dovetail/engine/report/limits_report.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
constexpr double near_limit = 0.02;

double limit_number(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
}

Json spec_json(const Spec& spec) {
  Json json = {{"metric", spec.metric}};
  if (spec.max) json["max"] = *spec.max;
  if (spec.min) json["min"] = *spec.min;
  return json;
}

Spec read_spec(const Json& json) {
  Spec spec{json["metric"].get<std::string>(), {}, {}};
  if (json.contains("max")) spec.max = json["max"].get<double>();
  if (json.contains("min")) spec.min = json["min"].get<double>();
  return spec;
}

// The number with four digits that is not beyond it: larger for an upper limit, smaller for a lower one.
double outward(double value, bool up) {
  if (value == 0.0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 3.0);
  const double steps = value / unit;
  double rounded = (up ? std::ceil(steps) : std::floor(steps)) * unit;
  if (up ? rounded < value : rounded > value) rounded += up ? unit : -unit;
  return rounded;
}

Json designs_value(const Json& design, const std::string& metric) {
  return design.is_object() && design.contains(metric) ? design[metric] : Json(nullptr);
}

}  // namespace

Json specs_json(const Codesign& codesign) {
  Json list = Json::array();
  for (const Spec& spec : codesign.goal().specs) {
    Json one = spec_json(spec);
    one["unit"] = find_metric(spec.metric)->unit;
    one["in_bound"] = codesign.bounded_beforehand(spec);
    list.push_back(std::move(one));
  }
  return list;
}

Json reached_specs(const Json& specs, const Json& best, const Json& hand) {
  Json list = Json::array();
  for (const Json& asked : specs) {
    Json one = asked;
    const Spec spec = read_spec(asked);
    const Json reached = designs_value(best, spec.metric), had = designs_value(hand, spec.metric);
    one["reached"] = reached;
    one["slack"] = one["binds"] = nullptr;
    if (reached.is_number()) {
      const double slack = 0.0 - excess(spec, reached.get<double>());
      const Json& bound_by = best.contains("bound_by") ? best["bound_by"] : Json::array();
      one["slack"] = slack;
      one["binds"] = slack <= near_limit || std::find(bound_by.begin(), bound_by.end(), spec.metric) != bound_by.end();
    }
    one["hand"] = had;
    one["hand_breaks"] = had.is_number() ? Json(excess(spec, had.get<double>()) > 0.0) : Json(nullptr);
    list.push_back(std::move(one));
  }
  return list;
}

std::string spec_text(const Json& spec) {
  const char* side = spec.contains("max") ? "max" : "min";
  return fmt::format("{} {} {:.10g}", spec["metric"].get<std::string>(),
                     side[1] == 'a' ? "<=" : ">=", limit_number(spec, side));
}

std::vector<std::string> broken_limits(const Json& result, const Json& design) {
  std::vector<std::string> broken;
  if (!result.contains("specs")) return broken;
  for (const Json& asked : result["specs"]) {
    const Json had = designs_value(design, asked["metric"].get<std::string>());
    if (had.is_number() && excess(read_spec(asked), had.get<double>()) > 0.0) broken.push_back(spec_text(asked));
  }
  return broken;
}

std::string limits_text(const Json& result) {
  if (!result.contains("specs") || result["specs"].empty()) return "";
  Table table({"limit", "reached", "left", "binds", "hand design", "in the bound"});
  for (const Json& spec : result["specs"]) {
    const bool known = spec.contains("reached") && spec["reached"].is_number();
    const Json had = spec.value("hand", Json(nullptr));
    table.add({spec_text(spec), known ? fmt::format("{:.7g}", limit_number(spec, "reached")) : "-",
               known ? percent(limit_number(spec, "slack")) : "-", known ? (spec["binds"] == true ? "yes" : "no") : "-",
               had.is_number()
                   ? fmt::format("{:.7g}{}", had.get<double>(), spec["hand_breaks"] == true ? " (breaks it)" : "")
                   : "-",
               spec.value("in_bound", false) ? "yes" : "no, needs mappings"});
  }
  return "\nLimits\n" + table.text(2);
}

std::string comparison_text(const Json& result) {
  const Json &best = result["best"], &hand = result["baseline"], &free = result["baseline_free"];
  if (hand.is_null()) return "";
  const std::string objective = result["objective"].get<std::string>();
  std::string out;
  const std::vector<std::string> broken = broken_limits(result, hand);
  if (!broken.empty()) {
    out += "the hand design breaks ";
    for (std::size_t i = 0; i < broken.size(); ++i) out += (i == 0 ? "" : ", ") + broken[i];
    out += "\n";
  }
  const double gain = limit_number(result, "improvement"),
               gain_over_free = limit_number(result, "improvement_over_free");
  // At what ratio of everything that the reference breaks, or of the area.
  const auto ratios = [&](const Json& reference) {
    std::string text =
        fmt::format("{:.2f} x the {}", limit_number(best, "objective") / limit_number(reference, "objective"),
                    objective == "edp" ? "EDP" : objective);
    std::vector<std::string> names;
    if (result.contains("specs")) {
      for (const Json& spec : result["specs"]) {
        const std::string metric = spec["metric"].get<std::string>();
        const Json had = designs_value(reference, metric);
        if (had.is_number() && excess(read_spec(spec), had.get<double>()) > 0.0 &&
            std::find(names.begin(), names.end(), metric) == names.end())
          names.push_back(metric);
      }
    }
    if (names.empty()) names.emplace_back("area_um2");
    for (std::size_t i = 0; i < names.size(); ++i)
      text += fmt::format("{} {:.2f} x the {}", i == 0 ? " at" : " and",
                          limit_number(best, names[i].c_str()) / limit_number(reference, names[i].c_str()),
                          find_metric(names[i])->word);
    return text;
  };
  if (gain < 0.0)
    return out + fmt::format("best: {} of the hand design{}\n", ratios(hand),
                             free.is_null() ? "" : ", and " + ratios(free) + " of the same freely mapped");
  out += fmt::format("{} is {} below the hand design ({:.2f} x better)", objective, percent(gain),
                     limit_number(hand, "objective") / limit_number(best, "objective"));
  if (free.is_null()) return out + "\n";
  const double mapping = reduction(limit_number(free, "objective"), limit_number(hand, "objective"));
  if (gain_over_free < 0.0 || mapping < 0.0)
    return out + fmt::format(":\n{} of the hand design freely mapped\n", ratios(free));
  return out + fmt::format(":\nfree mapping {} takes off {}; the hardware takes another {} off the rest\n",
                           result.contains("fusion") ? "with results on chip" : "alone", percent(mapping),
                           percent(gain_over_free));
}

Json closest_json(const Codesign& codesign, const CodesignResult& result, Json point) {
  if (!result.closest) return nullptr;
  Json specs = Json::array();
  for (const Spec& spec : codesign.goal().specs) {
    const auto found = result.closest->metrics.find(spec.metric);
    if (found == result.closest->metrics.end()) continue;
    Json one = spec_json(spec);
    const bool holds = excess(spec, found->second) <= 0.0;
    one["found"] = json_number(found->second);
    one["holds"] = holds;
    one["relaxed"] = holds ? spec.max.value_or(spec.min.value_or(0.0)) : outward(found->second, spec.max.has_value());
    specs.push_back(std::move(one));
  }
  return {{"id", result.closest->id}, {"point", std::move(point)}, {"specs", std::move(specs)}};
}

std::string closest_text(const Json& result) {
  std::string out;
  if (result.value("none_keeps", false)) out = "proven: no design of this space keeps the limits\n";
  if (!result.contains("closest") || !result["closest"].is_object()) return out;
  const Json& closest = result["closest"];
  std::string found, relaxed;
  for (const Json& spec : closest["specs"]) {
    const std::string metric = spec["metric"].get<std::string>();
    for (const char* side : {"max", "min"}) {
      if (!spec.contains(side)) continue;
      const bool up = side[1] == 'a';
      const char* sign = up ? "<=" : ">=";
      const double asked = limit_number(spec, side), reached = limit_number(spec, "found");
      const bool holds = up ? reached <= asked : reached >= asked;
      found += fmt::format("{}{} {:.4g} (limit {} {:.10g})", found.empty() ? "" : ", ", metric, reached, sign, asked);
      relaxed += fmt::format(" --spec '{}{}{:.10g}'", metric, sign, holds ? asked : outward(reached, up));
    }
  }
  return out +
         fmt::format("closest: trial {} with {}; it would be feasible under{}\n", closest["id"].dump(), found, relaxed);
}

}  // namespace dovetail
