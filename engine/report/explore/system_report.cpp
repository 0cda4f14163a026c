// Machines, charts and moves of a system.
#include <dovetail/engine/report/explore/system_report.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/explore/pricers/system_pricer.hpp>
#include <dovetail/engine/place/placement_moves.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/spaces/space/point_json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

Json machine_json(const SystemMachine& machine, double busy) {
  const Architecture built = machine.architecture();
  const double clock = machine.option->clock_mhz;
  Json json = {{"slot", machine.slot},
               {"family", machine.option->name},
               {"pes", built.compute.instances},
               {"bandwidth_gb_s", json_number(bandwidth_gb_s(built, clock))},
               {"area_um2", own_area_um2(built)},
               {"clock_mhz", clock},
               {"busy", busy}};
  json["point"] = machine.option->family ? to_json(machine.option->family->space(), machine.point) : Json::object();
  json["architecture"] = to_json(built);
  return json;
}

std::string network_name(const CandidateNetwork& network) {
  return network.source->task.empty() ? network.name() : network.source->task;
}

// The problem as a document that `dovetail place` reads.
Json placement_json(const PlacementProblem& problem, const Json& machines, const Json& networks) {
  Json document = {{"schema", "placement-case/1"},
                   {"machines", Json::array()},
                   {"networks", Json::array()},
                   {"layers", Json::array()},
                   {"edges", Json::array()}};
  for (const Json& machine : machines)
    document["machines"].push_back(
        fmt::format("{} {}", machine["slot"].get<int>(), machine["family"].get<std::string>()));
  for (const Json& network : networks) document["networks"].push_back({{"name", network}});
  for (const PlacementLayer& layer : problem.layers) {
    Json one = {{"name", layer.name}, {"network", layer.network}, {"cycles", Json::array()}, {"energy", Json::array()}};
    for (std::size_t m = 0; m < problem.machines; ++m) {
      const bool runs = std::isfinite(layer.cycles[m]);
      one["cycles"].push_back(runs ? Json(layer.cycles[m]) : Json(nullptr));
      one["energy"].push_back(runs ? Json(layer.energy[m]) : Json(nullptr));
    }
    document["layers"].push_back(std::move(one));
  }
  for (const auto& [from, to] : problem.edges) document["edges"].push_back({from, to});
  return document;
}

Json elsewhere_json(const PlacementProblem& problem, const Schedule& schedule, std::size_t layer,
                    const std::vector<SystemMachine>& machines, double ms) {
  Json list = Json::array();
  for (std::size_t m = 0; m < machines.size(); ++m) {
    if (m == schedule.layers[layer].machine) continue;
    Json one = {{"slot", machines[m].slot}};
    const Schedule other = moved(problem, schedule, layer, m);
    if (std::isfinite(other.makespan)) {
      one["latency_ms"] = (other.makespan - schedule.makespan) * ms;
      one["energy_mj"] = (other.energy - schedule.energy) * 1e-9;
      one["latency_change"] = other.makespan / schedule.makespan - 1.0;
      one["energy_change"] = other.energy / schedule.energy - 1.0;
    } else {
      one["runs"] = false;
    }
    list.push_back(std::move(one));
  }
  return list;
}

std::string signed_percent(double share) {
  return fmt::format("{:+.1f} %", 100.0 * share + 0.0);
}

std::string name_of(const Json& machines, int slot) {
  for (const Json& machine : machines)
    if (machine["slot"] == slot) return fmt::format("{} {}", slot, machine["family"].get<std::string>());
  return fmt::format("{}", slot);
}

// "4.25 ms": four digits are enough for people.
std::string short_text(const Json& value) {
  return value.is_number() ? fmt::format("{:.4g}", value.get<double>()) : "no limit";
}

std::string elsewhere_text(const Json& layer, const Json& machines) {
  std::string text;
  for (const Json& other : layer["elsewhere"]) {
    const std::string name = name_of(machines, other["slot"].get<int>());
    text += text.empty() ? "" : "; ";
    text += other.contains("runs")
                ? fmt::format("{}: cannot run", name)
                : fmt::format("{}: latency {}, energy {}", name, signed_percent(other["latency_change"].get<double>()),
                              signed_percent(other["energy_change"].get<double>()));
  }
  return text.empty() ? "no other machine" : text;
}

}  // namespace

Json system_plan_json(const Exploration& exploration) {
  const MachineSystem& system = *exploration.candidates().system;
  const StudySystem& asked = exploration.study().explore.system;
  Json plan = {{"slots", Json::array()}, {"share", Json::array()}, {"bandwidths_gb_s", asked.bandwidths_gb_s}};
  for (std::size_t s = 0; s < system.slots().size(); ++s) {
    Json families = Json::array();
    for (const SlotChoice& choice : system.slots()[s].choices) families.push_back(system.options()[choice.option].name);
    plan["slots"].push_back({{"slot", s}, {"families", families}, {"may_be_empty", system.slots()[s].may_be_empty}});
  }
  for (const std::vector<int>& group : system.groups())
    if (group.size() > 1) plan["interchangeable"].push_back(group);
  for (const auto& entry : asked.share) plan["share"].push_back(entry.first);
  return plan;
}

std::string system_plan_text(const Json& plan) {
  std::string text = "outer memory, shared";
  if (!plan["bandwidths_gb_s"].empty())
    text += fmt::format("; a machine's share is one of {} GB/s",
                        fmt::join(plan["bandwidths_gb_s"].get<std::vector<double>>(), ", "));
  text += "\n";
  for (const Json& slot : plan["slots"])
    text += fmt::format("  |-- slot {}: {}{}\n", slot["slot"].get<int>(),
                        fmt::join(slot["families"].get<std::vector<std::string>>(), " or "),
                        slot["may_be_empty"].get<bool>() ? ", or empty" : "");
  for (const Json& share : plan["share"]) text += fmt::format("budget of all machines: {}\n", share.get<std::string>());
  if (plan.contains("interchangeable"))
    for (const Json& group : plan["interchangeable"])
      text += fmt::format("interchangeable slots, equal systems counted once: {}\n",
                          fmt::join(group.get<std::vector<int>>(), ", "));
  return text;
}

std::vector<std::string> system_remarks(const Exploration& exploration) {
  std::set<double> nodes, clocks;
  std::set<int> widths;
  for (const SlotOption& option : exploration.candidates().system->options()) {
    if (option.family) nodes.insert(option.family->technology().node_nm());
    clocks.insert(option.clock_mhz);
    widths.insert(option.family ? option.family->instantiate(option.family->default_point()).compute.word_bits
                                : option.fixed.compute.word_bits);
  }
  std::vector<std::string> remarks;
  if (nodes.size() > 1)
    remarks.push_back(
        fmt::format("the families are of different processes ({} nm): `technology: {{node_nm: ...}}` under `system` "
                    "builds all in one",
                    fmt::join(nodes, ", ")));
  if (clocks.size() > 1)
    remarks.push_back(
        fmt::format("the machines have different clocks ({} MHz); times are of the fastest", fmt::join(clocks, ", ")));
  if (widths.size() > 1)
    remarks.push_back(fmt::format("the machines have words of different width ({} bits), as their publications have",
                                  fmt::join(widths, ", ")));
  remarks.emplace_back("machines without work are gated: they cost no energy");
  return remarks;
}

Json system_json(const Exploration& exploration, const Trial& trial, const StageEffort& effort) {
  const NetworkCandidate candidate = exploration.candidates().candidate(trial.point);
  const SystemSchedule found = exploration.system_pricer()->schedule(candidate, effort);
  if (found.stopped || !found.failure.empty()) return nullptr;
  const Schedule& schedule = found.result.front[found.chosen];
  const double ms = 1e-3 / found.clock_mhz;
  std::vector<double> busy(candidate.machines.size(), 0.0);
  for (const PlacedLayer& placed : schedule.layers) busy[placed.machine] += placed.end - placed.start;
  Json machines = Json::array(), networks = Json::array();
  std::vector<std::string> names;
  for (std::size_t m = 0; m < candidate.machines.size(); ++m) {
    machines.push_back(
        machine_json(candidate.machines[m], schedule.makespan > 0.0 ? busy[m] / schedule.makespan : 0.0));
    names.push_back(fmt::format("{} {}", candidate.machines[m].slot, candidate.machines[m].option->name));
  }
  for (const CandidateNetwork& network : candidate.networks) networks.push_back(network_name(network));
  Json json = {{"clock_mhz", found.clock_mhz},
               {"machines", machines},
               {"networks", networks},
               {"latency_ms", schedule.makespan * ms},
               {"energy_mj", schedule.energy * 1e-9},
               {"exact", found.result.exact},
               {"gap", trial.metrics.count("placement_gap") != 0 ? trial.metrics.at("placement_gap") : 0.0},
               {"front", Json::array()},
               {"layers", Json::array()}};
  for (const Schedule& one : found.result.front)
    json["front"].push_back({{"latency_ms", one.makespan * ms}, {"energy_mj", one.energy * 1e-9}});
  const std::vector<PricedLayer> priced = exploration.system_pricer()->layers_of(candidate, schedule, effort);
  std::vector<PlacedLayer> order = schedule.layers;
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  for (const PlacedLayer& placed : order) {
    const PlacementLayer& layer = found.problem.layers[placed.layer];
    json["layers"].push_back(
        {{"layer", layer.name},
         {"network", networks[static_cast<std::size_t>(layer.network)]},
         {"slot", candidate.machines[placed.machine].slot},
         {"start_ms", placed.start * ms},
         {"end_ms", placed.end * ms},
         {"cycles", layer.cycles[placed.machine]},
         {"energy_pj", layer.energy[placed.machine]},
         {"elsewhere", elsewhere_json(found.problem, schedule, placed.layer, candidate.machines, ms)}});
    const PricedLayer& one = priced[placed.layer];
    if (one.count != 1) json["layers"].back()["count"] = one.count;
    if (one.mapping) json["layers"].back()["mapping"] = to_json(one.layer, one.architecture, *one.mapping);
  }
  json["chart"] = gantt(found.problem, schedule, names);
  json["placement"] = placement_json(found.problem, machines, networks);
  return json;
}

std::string system_text(const Json& system) {
  std::string text = "\nSystem\n";
  for (const Json& machine : system["machines"])
    text +=
        fmt::format("  |-- slot {}: {}, {} PEs, {} GB/s, {:.4g} mm2, busy {:.1f} %\n", machine["slot"].get<int>(),
                    machine["family"].get<std::string>(), machine["pes"].dump(), short_text(machine["bandwidth_gb_s"]),
                    machine["area_um2"].get<double>() * 1e-6, 100.0 * machine["busy"].get<double>());
  text +=
      fmt::format("\nSchedule: {} ms, {} mJ; {}\n", short_text(system["latency_ms"]), short_text(system["energy_mj"]),
                  system["exact"].get<bool>()
                      ? "its trade-off of latency and energy is proven"
                      : fmt::format("its EDP is at most {:.1f} % above the bound",
                                    100.0 * system["gap"].get<double>() / (1.0 - system["gap"].get<double>())));
  char letter = 'a';
  for (const Json& network : system["networks"]) text += fmt::format("  {} {}\n", letter++, network.get<std::string>());
  text += system["chart"].get<std::string>();
  return text + "\nWhich layer where, and how the schedule would change with it elsewhere\n" + moves_text(system);
}

std::string moves_text(const Json& system) {
  Table table({"layer", "network", "machine", "start ms", "end ms", "energy mJ", "elsewhere"});
  for (const Json& layer : system["layers"])
    table.add({layer["layer"].get<std::string>(), layer["network"].get<std::string>(),
               name_of(system["machines"], layer["slot"].get<int>()), short_text(layer["start_ms"]),
               short_text(layer["end_ms"]), fmt::format("{:.4g}", layer["energy_pj"].get<double>() * 1e-9),
               elsewhere_text(layer, system["machines"])});
  return table.text();
}

std::string system_svg(const Json& system) {
  static constexpr const char* colours[] = {"#69c", "#fb6", "#9a7", "#c79", "#aa6", "#7bb"};
  constexpr double left = 130.0, width = 760.0, row = 34.0;
  const double end = system["latency_ms"].get<double>(), scale = end > 0.0 ? width / end : 0.0;
  const auto rows = static_cast<double>(system["machines"].size());
  std::string svg =
      fmt::format("<svg viewBox='0 0 {0} {1}' width='{0}' role='img' aria-label='who runs what and when'>",
                  left + width + 20.0, rows * row + 40.0);
  double y = 8.0;
  const auto escaped = [](const std::string& text) {
    std::string result;
    for (const char c : text)
      result += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '\'' ? "&#39;" : std::string(1, c);
    return result;
  };
  for (const Json& machine : system["machines"]) {
    svg += fmt::format("<text x='4' y='{:.0f}'>{}</text>", y + 17.0,
                       escaped(name_of(system["machines"], machine["slot"].get<int>())));
    for (const Json& layer : system["layers"]) {
      if (layer["slot"] != machine["slot"]) continue;
      const auto at = std::find(system["networks"].begin(), system["networks"].end(), layer["network"]) -
                      system["networks"].begin();
      const double start = layer["start_ms"].get<double>();
      svg += fmt::format(
          "<rect x='{:.2f}' y='{:.0f}' width='{:.2f}' height='24' fill='{}' stroke='#fff'><title>{}</title></rect>",
          left + start * scale, y, std::max(0.5, (layer["end_ms"].get<double>() - start) * scale),
          colours[static_cast<std::size_t>(at) % std::size(colours)],
          escaped(fmt::format("{} of {}: {:.4g} to {:.4g} ms; elsewhere: {}", layer["layer"].get<std::string>(),
                              layer["network"].get<std::string>(), start, layer["end_ms"].get<double>(),
                              elsewhere_text(layer, system["machines"]))));
    }
    y += row;
  }
  std::string legend;
  std::size_t colour = 0;
  double x = left;
  for (const Json& network : system["networks"]) {
    legend += fmt::format(
        "<rect x='{0:.0f}' y='{1:.0f}' width='12' height='12' fill='{2}'/><text x='{3:.0f}' y='{4:.0f}'>{5}</text>", x,
        y + 6.0, colours[colour++ % std::size(colours)], x + 16.0, y + 16.0, escaped(network.get<std::string>()));
    x += 30.0 + 8.0 * static_cast<double>(network.get<std::string>().size());
  }
  return svg + legend +
         fmt::format("<text x='{:.0f}' y='{:.0f}' text-anchor='end'>{:.4g} ms</text></svg>", left + width, y + 16.0,
                     end);
}

}  // namespace dovetail
