// An explanation in words, and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/machine/numbers_text.hpp>
#include <dovetail/engine/report/design/explain.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
using detail::figure;
using detail::thousands;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string energy_text(double pj) {
  if (pj >= 1e9) return figure(pj / 1e9) + " mJ";
  if (pj >= 1e6) return figure(pj / 1e6) + " uJ";
  if (pj >= 1e3) return figure(pj / 1e3) + " nJ";
  return figure(pj) + " pJ";
}

std::string whole_percent(double share) {
  return fmt::format("{:.0f} %", 100.0 * share);
}

std::string change_text(double ratio) {
  return ratio == 1.0 ? "unchanged" : fmt::format("{:+.1f} %", 100.0 * (ratio - 1.0));
}

std::string time_text(const Architecture& machine, const Explanation& explanation) {
  const Evaluation& evaluation = explanation.evaluation;
  const TimeBound& bound = explanation.time.front();
  std::string text = "Time: ";
  if (bound.resource == "compute") {
    text += fmt::format("bound by the multipliers, {} cycles; no memory is too slow.\n",
                        thousands(evaluation.compute_cycles));
  } else {
    text += fmt::format(
        "bound by the {} of {}, which takes {} cycles where the multipliers take {}: {} words per cycle "
        "would be needed to keep "
        "up, {} are there.\n",
        bound.resource, bound.level, thousands(static_cast<std::int64_t>(std::min(bound.cycles, 9e18))),
        thousands(evaluation.compute_cycles), figure(bound.needed, 3), figure(bound.available, 3));
  }
  text += fmt::format("  {} of {} multipliers work ({})", thousands(explanation.used_multipliers),
                      thousands(machine.compute.instances),
                      whole_percent(static_cast<double>(explanation.used_multipliers) /
                                    static_cast<double>(machine.compute.instances)));
  text += explanation.array.empty() ? ".\n" : fmt::format(": {}.\n", joined(explanation.array));
  text += fmt::format("  Over all cycles the array is busy {}.\n", whole_percent(evaluation.utilization));
  for (std::size_t i = 1; i < explanation.time.size() && i < 4; ++i) {
    const TimeBound& next = explanation.time[i];
    text += fmt::format("  Next: {}{}{}, {} of the time.\n", next.level, next.resource == "compute" ? "" : " ",
                        next.resource == "compute" ? "" : next.resource,
                        whole_percent(next.cycles / static_cast<double>(evaluation.cycles)));
  }
  return text;
}

std::string energy_section(const Explanation& explanation) {
  std::string text = fmt::format("Energy: {}, of which\n", energy_text(explanation.evaluation.energy_pj));
  double rest = 1.0;
  for (std::size_t i = 0; i < explanation.energy.size() && i < 6; ++i) {
    const EnergyTerm& term = explanation.energy[i];
    rest -= term.share;
    text += fmt::format("  {:>4}  {}{}{}  {}\n", whole_percent(term.share), term.where, term.tensor.empty() ? "" : ": ",
                        term.tensor, energy_text(term.energy_pj));
  }
  if (rest > 0.005) text += fmt::format("  {:>4}  everything else\n", whole_percent(rest));
  return text;
}

std::string reuse_section(const Explanation& explanation) {
  std::string text = "Reuse:\n";
  for (const KeptTensor& reuse : explanation.reuse) {
    std::string line;
    if (reuse.home) {
      line = fmt::format("all {} words live here; no level outside sees them", thousands(reuse.tile_words));
    } else if (reuse.transfers_per_word > 0.0) {
      line = reuse.transfers_per_word == 1.0
                 ? "each word crosses once"
                 : fmt::format("each word crosses {} times", figure(reuse.transfers_per_word, 3));
      if (!reuse.causes.empty()) line += fmt::format(" (again for {})", joined(reuse.causes));
    } else if (!reuse.held.empty()) {
      line = fmt::format("a tile of {} words stays for {} steps ({})", thousands(reuse.tile_words),
                         figure(reuse.held_steps), joined(reuse.held));
    } else {
      line = fmt::format("a tile of {} words changes at every step", thousands(reuse.tile_words));
    }
    if (reuse.sharing > 1) line += fmt::format(", {} instances share it", thousands(reuse.sharing));
    text += fmt::format("  {} {}: {}\n", reuse.level, reuse.tensor, line);
  }
  return text;
}

std::string remedies_text(const char* title, const std::vector<Remedy>& remedies, const char* none) {
  if (remedies.empty()) return fmt::format("  {}: {}\n", title, none);
  std::string text = fmt::format("  {}:\n", title);
  for (const Remedy& remedy : remedies) {
    text += fmt::format("    {}: EDP {} (energy {}, cycles {})\n", remedy.change, change_text(remedy.edp),
                        change_text(remedy.energy), change_text(remedy.cycles));
  }
  return text;
}

Json remedies_json(const std::vector<Remedy>& remedies) {
  Json list = Json::array();
  for (const Remedy& remedy : remedies) {
    list.push_back({{"change", remedy.change},
                    {"edp", json_number(remedy.edp)},
                    {"energy", json_number(remedy.energy)},
                    {"cycles", json_number(remedy.cycles)}});
  }
  return list;
}

}  // namespace

std::string to_text(const Layer& layer, const Architecture& architecture, const Explanation& explanation) {
  const Evaluation& evaluation = explanation.evaluation;
  std::string text = fmt::format("{} on {}: ", layer.name.empty() ? "layer" : layer.name,
                                 architecture.name.empty() ? "machine" : architecture.name);
  if (!evaluation.valid()) {
    text += "this mapping does not fit.\n";
    for (const Violation& violation : evaluation.violations) text += fmt::format("  {}\n", to_text(violation));
    return text;
  }
  text += fmt::format("{} cycles, {}, EDP {:.4g} pJ x cycles\n\n", thousands(evaluation.cycles),
                      energy_text(evaluation.energy_pj), evaluation.edp());
  text += time_text(architecture, explanation) + '\n';
  text += energy_section(explanation) + '\n';
  text += reuse_section(explanation) + '\n';
  text += "What would help, each alone:\n";
  text += remedies_text("in the mapping", explanation.mapping_remedies,
                        "no single change does; other mappings differ in several places");
  text += remedies_text("in the machine, with this mapping", explanation.machine_remedies,
                        "no bandwidth or access energy matters by itself");
  return text;
}

nlohmann::ordered_json to_json(const Explanation& explanation) {
  const Evaluation& evaluation = explanation.evaluation;
  Json json = {{"valid", evaluation.valid()}};
  Json violations = Json::array();
  for (const Violation& violation : evaluation.violations) violations.push_back(to_text(violation));
  json["violations"] = violations;
  if (!evaluation.valid()) return json;
  json["cycles"] = evaluation.cycles;
  json["energy_pj"] = json_number(evaluation.energy_pj);
  json["edp"] = json_number(evaluation.edp());
  json["utilization"] = json_number(evaluation.utilization);
  json["used_multipliers"] = explanation.used_multipliers;
  json["array"] = explanation.array;
  Json time = Json::array(), energy = Json::array(), reuse = Json::array();
  for (const TimeBound& bound : explanation.time) {
    time.push_back({{"level", bound.level},
                    {"resource", bound.resource},
                    {"cycles", json_number(bound.cycles)},
                    {"needed_words_per_cycle", json_number(bound.needed)},
                    {"available_words_per_cycle", json_number(bound.available)}});
  }
  for (const EnergyTerm& term : explanation.energy) {
    energy.push_back({{"where", term.where},
                      {"tensor", term.tensor},
                      {"energy_pj", json_number(term.energy_pj)},
                      {"share", json_number(term.share)}});
  }
  for (const KeptTensor& one : explanation.reuse) {
    Json entry = {{"level", one.level},           {"tensor", one.tensor},
                  {"tile_words", one.tile_words}, {"held_steps", json_number(one.held_steps)},
                  {"held_by", one.held},          {"sharing", one.sharing}};
    if (one.transfers_per_word > 0.0) {
      entry["transfers_per_word"] = json_number(one.transfers_per_word);
      entry["again_for"] = one.causes;
    }
    if (one.home) entry["home"] = true;
    reuse.push_back(std::move(entry));
  }
  json["time"] = std::move(time);
  json["energy"] = std::move(energy);
  json["reuse"] = std::move(reuse);
  json["mapping_remedies"] = remedies_json(explanation.mapping_remedies);
  json["machine_remedies"] = remedies_json(explanation.machine_remedies);
  return json;
}

}  // namespace dovetail
