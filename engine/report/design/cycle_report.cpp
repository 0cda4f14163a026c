// Reports of the cycle model as JSON and as a table.
#include <dovetail/engine/report/design/cycle_report.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

double cycle_number(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
}

// "Weights DRAM -> Scratchpad, bandwidth 31%; fill 2%": the largest parts of the time in which the array does not work.
std::string lost_text(const Json& cycle) {
  struct Part {
    std::string what;
    double cycles;
  };
  std::vector<Part> parts;
  for (const Json& stall : cycle["stalls"]) {
    const std::string tensor = stall["tensor"].get<std::string>(), boundary = stall["boundary"].get<std::string>();
    std::string what = tensor;
    if (!boundary.empty()) what += " " + boundary;
    if (!what.empty()) what += ", ";
    parts.push_back({what + stall["cause"].get<std::string>(), cycle_number(stall, "cycles")});
  }
  parts.push_back({"fill", cycle_number(cycle, "fill")});
  parts.push_back({"drain", cycle_number(cycle, "drain")});
  parts.push_back({"a level's total bandwidth", cycle_number(cycle, "level_bound")});
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.cycles > b.cycles; });
  std::string text;
  const double total = std::max(1.0, cycle_number(cycle, "cycles"));
  for (std::size_t i = 0; i < parts.size() && i < 2; ++i) {
    const double share = parts[i].cycles / total;
    if (share < 0.005) break;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", parts[i].what, percent(share));
  }
  return text.empty() ? "nothing: the array works" : text;
}

}  // namespace

Json to_json(const CycleReport& report) {
  Json stalls = Json::array();
  for (const CycleReport::Stall& stall : report.stalls)
    stalls.push_back({{"tensor", stall.tensor},
                      {"boundary", stall.boundary},
                      {"cause", to_string(stall.cause)},
                      {"cycles", json_number(stall.cycles)}});
  return {{"machine", report.machine},
          {"cycles", report.cycles},
          {"loop_cycles", report.loop_cycles},
          {"busy", json_number(report.busy)},
          {"fill", json_number(report.fill)},
          {"drain", json_number(report.drain)},
          {"level_bound", json_number(report.level_bound)},
          {"stalls", std::move(stalls)},
          {"steps", report.steps},
          {"executed_steps", report.executed_steps}};
}

Json cycle_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                double screened_objective) {
  Json json = to_json(CycleModel().explain(layer, architecture, mapping));
  json["screened_objective"] = screened_objective > 0.0 ? json_number(screened_objective) : Json(nullptr);
  return json;
}

std::string disagreement_text(const Json& layers) {
  Table table({"layer", "x", "loop model", "cycle model", "ratio", "busy", "loop's choice", "the array waits for"});
  std::string machine;
  double loop = 0.0, cycles = 0.0;
  for (const Json& layer : layers) {
    if (!layer.contains("cycle") || layer["cycle"].is_null()) continue;
    const Json& cycle = layer["cycle"];
    machine = cycle["machine"].get<std::string>();
    const double count = cycle_number(layer, "count"), here = cycle_number(cycle, "cycles"),
                 guess = cycle_number(cycle, "loop_cycles"), screened = cycle_number(cycle, "screened_objective");
    loop += count * guess, cycles += count * here;
    const double worse = screened / std::max(cycle_number(layer, "objective"), 1e-300) - 1.0;
    const std::string choice = screened <= 0.0  ? "refused"
                               : worse <= 1e-12 ? "kept"
                                                : fmt::format("{:+.1f}%", 100.0 * worse);
    table.add({layer["name"].get<std::string>(), layer["count"].dump(), fmt::format("{:.0f}", guess),
               fmt::format("{:.0f}", here), fmt::format("{:.2f}", here / std::max(1.0, guess)),
               fmt::format("{:.0f}%", 100.0 * cycle_number(cycle, "busy") / std::max(1.0, here)), choice,
               lost_text(cycle)});
  }
  if (machine.empty()) return "";
  return fmt::format(
      "Where the models disagree (machine {}; cycles of one occurrence; loop's choice: how much worse the "
      "mapping that "
      "the loop model prefers is under the cycle model)\n{}  all occurrences: {:.0f} cycles by the loop "
      "model, {:.0f} by "
      "the cycle model ({:.2f} x)\n",
      machine, table.text(2), loop, cycles, cycles / std::max(1.0, loop));
}

}  // namespace dovetail
