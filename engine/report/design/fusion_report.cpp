// A fused network in words, tables and JSON (see the header).
#include <dovetail/engine/report/design/fusion_report.hpp>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <dovetail/accelerators/machine/numbers_text.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
using detail::thousands;

constexpr int picture_width = 40;

CostPoint cost_of(const FusedStep& step) {
  CostPoint sum = step.more;
  for (const FusedRun& run : step.runs) {
    sum.energy_pj += run.runs * run.evaluation.energy_pj;
    sum.cycles += run.runs * static_cast<double>(run.evaluation.cycles);
  }
  return sum;
}

const RunningLayer& layer_of(const FusedMapRequest& request, int i) {
  return request.network.layers[static_cast<std::size_t>(i)];
}

std::string name_of(const FusedMapRequest& request, int i) {
  return layer_of(request, i).layer.name;
}

// The steps of layer by layer that a fused step stands for.
CostPoint unfused_cost(const FusedMapResult& unfused, int first, int last) {
  CostPoint sum;
  for (const FusedStep& step : unfused.steps) {
    if (step.first < first || step.last > last) continue;
    const CostPoint own = cost_of(step);
    sum.energy_pj += own.energy_pj;
    sum.cycles += own.cycles;
  }
  return sum;
}

std::string dimension_name(const FusedMapRequest& request, const FusedStep& step) {
  const Layer& layer = layer_of(request, step.last).layer;
  return step.dimension < 0 ? "" : layer.dimensions[static_cast<std::size_t>(step.dimension)].name;
}

std::string home_name(const FusedMapRequest& request, const FusedMapResult& result) {
  return result.home ? request.architecture.levels[static_cast<std::size_t>(result.home->level)].name : "";
}

std::string layers_text(const FusedMapRequest& request, const FusedStep& step) {
  const std::string first = name_of(request, step.first);
  return step.first == step.last ? first : fmt::format("{} .. {}", first, name_of(request, step.last));
}

std::string how(const FusedMapRequest& request, const FusedStep& step) {
  if (step.first == step.last) return step.result_lives ? "result stays" : "";
  const std::string weights = step.pinned ? "pinned" : "read anew";
  if (step.parts > 1) {
    const Layer& layer = layer_of(request, step.last).layer;
    return fmt::format("{} x {} bands of {} and {}, weights {}", step.parts, step.bands / step.parts,
                       layer.dimensions[static_cast<std::size_t>(step.part_dimension)].name,
                       dimension_name(request, step), weights);
  }
  return fmt::format("{} bands of {}, weights {}, halo {}", step.bands, dimension_name(request, step), weights,
                     step.retain ? "retained" : "recomputed");
}

// What a step's residents and tiles take of the home level, at most.
std::int64_t used_words(const FusedMapResult& result, const FusedStep& step) {
  std::int64_t used = step.reserved_words;
  if (!result.home) return used;
  for (const FusedRun& run : step.runs) {
    std::int64_t tiles = 0;
    const auto& counts = run.evaluation.levels[static_cast<std::size_t>(result.home->level)].tensors;
    for (std::size_t t = 0; t < counts.size(); ++t) {
      if ((run.living >> t & 1U) == 0) tiles += counts[t].utilized_capacity;
    }
    used = std::max(used, result.home->capacity_words - run.room + tiles);
  }
  return used;
}

Json step_json(const FusedMapRequest& request, const FusedMapResult& result, const FusedStep& step,
               const FusedMapResult* unfused) {
  const CostPoint cost = cost_of(step);
  Json json = {{"first", name_of(request, step.first)},
               {"last", name_of(request, step.last)},
               {"bands", step.bands},
               {"dimension", dimension_name(request, step)},
               {"parts", step.parts},
               {"pinned", step.pinned},
               {"halo", step.first == step.last ? ""
                        : step.retain           ? "retain"
                                                : "recompute"},
               {"result_in_buffer", step.result_lives},
               {"energy_pj", json_number(cost.energy_pj)},
               {"cycles", json_number(cost.cycles)},
               {"reserved_words", step.reserved_words},
               {"used_words", used_words(result, step)}};
  json["alive"] = Json::array();
  for (const int writer : step.alive) json["alive"].push_back(name_of(request, writer));
  json["how"] = how(request, step);
  if (unfused == nullptr) return json;
  const CostPoint before = unfused_cost(*unfused, step.first, step.last);
  json["unfused_energy_pj"] = json_number(before.energy_pj);
  json["unfused_cycles"] = json_number(before.cycles);
  if (step.last > step.first) json["in_words"] = step_in_words(request, result, step, *unfused);
  return json;
}

// What lacks room, and how much of it.
std::string no_room_in_words(const FusedMapRequest& request, const FusedMapResult& result, const NoRoom& lacking) {
  const std::string home = home_name(request, result), first = name_of(request, lacking.first),
                    last = name_of(request, lacking.last);
  const std::string words = fmt::format("{} words are needed of the {} that {} has", thousands(lacking.words),
                                        thousands(result.home->capacity_words), home);
  switch (lacking.what) {
    case NoRoom::What::skip:
      return fmt::format("the skip from {} to {} does not fit: until it is added, {}", first, last, words);
    case NoRoom::What::group:
      return fmt::format("{} .. {} do not fit as a group: even in {} bands {}", first, last, lacking.bands, words);
    case NoRoom::What::weights:
      return fmt::format("the weights of {} .. {} cannot all stay beside the bands of this group: {}", first, last,
                         words);
    case NoRoom::What::result:
      break;
  }
  return fmt::format("the result of {} does not fit whole until {} has read it: {}", first, last, words);
}

// Results that live somewhere on chip after all, whole or in bands, do not lack room.
bool settled_otherwise(const FusedMapResult& result, const NoRoom& lacking) {
  if (lacking.what == NoRoom::What::group || lacking.what == NoRoom::What::weights) return false;
  return std::any_of(result.steps.begin(), result.steps.end(),
                     [&](const FusedStep& step) { return step.first <= lacking.first && lacking.first < step.last; });
}

Json no_room_json(const FusedMapRequest& request, const FusedMapResult& result) {
  constexpr const char* kinds[] = {"result", "skip", "group", "weights"};
  Json list = Json::array();
  for (const NoRoom& lacking : result.no_room) {
    if (settled_otherwise(result, lacking)) continue;
    list.push_back({{"what", kinds[static_cast<std::size_t>(lacking.what)]},
                    {"first", name_of(request, lacking.first)},
                    {"last", name_of(request, lacking.last)},
                    {"bands", lacking.bands},
                    {"words_needed", lacking.words},
                    {"words_available", result.home->capacity_words},
                    {"level", home_name(request, result)},
                    {"in_words", no_room_in_words(request, result, lacking)}});
  }
  return list;
}

Json run_json(const FusedMapRequest& request, const FusedRun& run) {
  Json json = {{"name", name_of(request, run.layer)}, {"count", run.runs}, {"room_words", run.room}};
  json["best"] = to_json(run.request.layer, run.request.architecture, run.evaluation);
  json["best"]["mapping"] = to_json(run.request.layer, run.request.architecture, *run.mapping);
  Json extents = Json::object();
  for (const Dimension& dimension : run.request.layer.dimensions) extents[dimension.name] = dimension.extent;
  json["extents"] = std::move(extents);
  return json;
}

}  // namespace

OutermostEnergy outermost_energy(const RunningNetwork& network, const FusedMapResult& result) {
  OutermostEnergy energy;
  for (const FusedStep& step : result.steps) {
    energy.weights_pj += step.pinning.energy_pj;
    energy.activations_pj += step.more.energy_pj - step.pinning.energy_pj;
    for (const FusedRun& run : step.runs) {
      const RunningLayer& layer = network.layers[static_cast<std::size_t>(run.layer)];
      const auto& tensors = run.evaluation.levels.back().tensors;
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        const bool learned = static_cast<int>(t) == layer.weights && !layer.activations_only;
        (learned ? energy.weights_pj : energy.activations_pj) += run.runs * tensors[t].energy_pj;
      }
    }
  }
  return energy;
}

Json fused_network_json(const FusedMapRequest& request, const FusedMapResult& result, const FusedMapResult* unfused) {
  Json network;
  const auto number = [&](bool known, double value) { return known ? json_number(value) : Json(nullptr); };
  network["edp"] = number(result.feasible, result.energy_pj * result.cycles);
  network["energy_pj"] = number(result.feasible, result.energy_pj);
  network["cycles"] = number(result.feasible, result.cycles);
  network["objective"] = number(result.feasible, result.objective);
  network["lower_bound"] = json_number(result.lower_bound);
  network["gap"] = number(result.feasible, result.gap());
  network["proven"] = result.proven;
  network["groups"] = Json::array();
  network["in_buffer"] = Json::array();
  for (const FusedStep& step : result.steps) {
    if (step.last > step.first) network["groups"].push_back(group_name(step));
    if (step.result_lives) network["in_buffer"].push_back(step.first);
  }
  if (unfused != nullptr) {
    network["unfused_edp"] = number(unfused->feasible, unfused->energy_pj * unfused->cycles);
    network["unfused_energy_pj"] = number(unfused->feasible, unfused->energy_pj);
    network["unfused_cycles"] = number(unfused->feasible, unfused->cycles);
    network["unfused_proven"] = unfused->proven;
  }
  network["compulsory_edp"] = json_number(result.compulsory);
  if (result.home) {
    network["home"] = {{"level", home_name(request, result)}, {"words", result.home->capacity_words}};
  } else {
    network["home"] = nullptr;
    network["no_home"] = result.no_home;
  }
  const OutermostEnergy outer = outermost_energy(request.network, result);
  network["outermost"] = {{"level", request.architecture.levels.back().name},
                          {"weights_pj", json_number(outer.weights_pj)},
                          {"activations_pj", json_number(outer.activations_pj)}};
  if (unfused != nullptr) {
    const OutermostEnergy before = outermost_energy(request.network, *unfused);
    network["outermost"]["unfused_weights_pj"] = json_number(before.weights_pj);
    network["outermost"]["unfused_activations_pj"] = json_number(before.activations_pj);
  }
  network["does_not_fit"] = no_room_json(request, result);
  network["problems"] = result.problems;
  network["searches"] = result.searches;
  network["prices"] = result.prices;
  network["steps"] = Json::array();
  for (const FusedStep& step : result.steps) network["steps"].push_back(step_json(request, result, step, unfused));
  return network;
}

std::string known_within(FrontKnown known) {
  switch (known) {
    case FrontKnown::optimum:
      return "optimum";
    case FrontKnown::all:
      return "all";
    case FrontKnown::convex:
      break;
  }
  return "convex front";
}

Json fusion_json(const FusedMapRequest& request, const FusedMapResult& result, const FusedMapResult& unfused) {
  Json layers = Json::array();
  for (const FusedStep& step : result.steps)
    for (const FusedRun& run : step.runs) layers.push_back(run_json(request, run));
  return {{"layers", std::move(layers)}, {"network", fused_network_json(request, result, &unfused)}};
}

std::string step_in_words(const FusedMapRequest& request, const FusedMapResult& result, const FusedStep& step,
                          const FusedMapResult& unfused) {
  const std::string home = home_name(request, result);
  std::string text;
  if (step.first == step.last) {
    text = fmt::format("{} runs once.", name_of(request, step.first));
    if (step.result_lives)
      text += fmt::format(" Its result of {} words stays in {} until its last reader has run.",
                          thousands(layer_of(request, step.first).output_words), home);
  } else {
    text = fmt::format(
        "{} run in {} bands: each band of {} rows of {} of {} goes through all {} layers before the next one "
        "starts.",
        layers_text(request, step), step.bands,
        step.runs.back().request.layer.dimensions[static_cast<std::size_t>(step.dimension)].extent,
        dimension_name(request, step), name_of(request, step.last), step.last - step.first + 1);
    if (step.parts > 1) {
      const Dimension& heads = step.runs.back().request.layer.dimensions[static_cast<std::size_t>(step.part_dimension)];
      text += fmt::format(" Bands are of {} of {} at a time, one such part after the other.", heads.extent, heads.name);
    }
    text += fmt::format(
        " The results between them live in {}, one band at a time, and never cross the outermost memory.", home);
    text += step.pinned && step.parts > 1
                ? fmt::format(" All weights of a part are read once and stay in {} for its bands.", home)
            : step.pinned ? fmt::format(" All weights of the group are read once and stay in {}.", home)
                          : std::string(" Weights are read anew in every band.");
    text += step.retain ? " Rows that two bands share stay from band to band."
                        : " Rows that two bands share are computed again.";
    const bool attention = std::any_of(step.runs.begin(), step.runs.end(), [&](const FusedRun& run) {
      return run.layer > step.first && layer_of(request, run.layer).activations_only;
    });
    if (attention)
      text += " A softmax between them finds whole rows in every band; it multiplies nothing and is not counted.";
    text += fmt::format(" At most {} of {} words are reserved; tiles of other tensors use the rest.",
                        thousands(step.reserved_words), thousands(result.home->capacity_words));
  }
  const CostPoint now = cost_of(step), before = unfused_cost(unfused, step.first, step.last);
  if (before.energy_pj > 0.0 && before.cycles > 0.0)
    text += fmt::format(" Energy is {:.3f} and cycles are {:.3f} of layer by layer.", now.energy_pj / before.energy_pj,
                        now.cycles / before.cycles);
  return text;
}

namespace {

double number_at(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
}

// Reserved words as filled cells, those that tiles use on top as lighter ones.
std::string bar(const Json& home, const Json& step) {
  const auto cells = [&](const char* key) {
    const double share = number_at(step, key) / number_at(home, "words");
    return static_cast<std::size_t>(std::lround(std::min(1.0, share) * picture_width));
  };
  const std::size_t reserved = cells("reserved_words"), all = std::max(reserved, cells("used_words"));
  return std::string(reserved, '#') + std::string(all - reserved, '+') + std::string(picture_width - all, '.');
}

std::string no_room_text(const Json& list) {
  constexpr std::size_t most_lines = 10;
  if (list.empty()) return "";
  std::string text = "\nDoes not fit on chip:\n";
  for (std::size_t n = 0; n < std::min(list.size(), most_lines); ++n)
    text += fmt::format("  {}\n", list[n]["in_words"].get<std::string>());
  if (list.size() > most_lines)
    text += fmt::format("  and {} more, which --format json lists\n", list.size() - most_lines);
  return text;
}

// What the limits left to know of the schedule.
std::string within_text(const Json& network) {
  const std::string known = network.value("within_limits", "");
  if (known.empty()) return "";
  if (known == "optimum") return "\nwithin the limits: the best schedule of all keeps them\n";
  if (known == "all")
    return "\nwithin the limits: every schedule that might be better was listed, also those that no price of cycles "
           "finds\n";
  return "\nwithin the limits: the best of the schedules on the convex front of energy and cycles and of what their "
         "mappings make; whether one beside that front is better is not known\n";
}

std::string totals_text(const Json& network, bool plain) {
  Table totals({"", "edp (pJ x cycles)", "over layer by layer", "energy pJ", "cycles", ""});
  const bool compared = number_at(network, "unfused_edp") > 0.0;
  const double reference = number_at(network, "unfused_edp");
  const auto over = [&](double value) {
    return compared ? fmt::format("{:.4f}", value / reference) : std::string("-");
  };
  if (compared)
    totals.add({"layer by layer", fmt::format("{:.4e}", reference), "1",
                fmt::format("{:.4e}", number_at(network, "unfused_energy_pj")),
                fmt::format("{:.0f}", number_at(network, "unfused_cycles")),
                network.value("unfused_proven", false) ? "proven" : ""});
  const double edp = number_at(network, "edp");
  totals.add({"results on chip", fmt::format("{:.4e}", edp), over(edp),
              fmt::format("{:.4e}", number_at(network, "energy_pj")),
              fmt::format("{:.0f}", number_at(network, "cycles")),
              network.value("proven", false) ? "proven" : fmt::format("gap {}", percent(number_at(network, "gap")))});
  if (plain) {
    const double bound = number_at(network, "lower_bound"), compulsory = number_at(network, "compulsory_edp");
    totals.add({"no schedule with groups and homes is below", fmt::format("{:.4e}", bound), over(bound), "", "", ""});
    totals.add({"no schedule of any kind is below", fmt::format("{:.4e}", compulsory), over(compulsory), "", "", ""});
  }
  return totals.text();
}

}  // namespace

std::string fused_network_text(const Json& network, bool plain) {
  std::string text = totals_text(network, plain) + within_text(network);
  const Json& home = network["home"];
  if (home.is_null()) return text + fmt::format("\nno result can stay on chip: {}\n", network.value("no_home", ""));
  const std::string level = home["level"].get<std::string>();
  text += fmt::format("\nIn the order they run; {} over time: # reserved, + tiles of the others, of {} words\n", level,
                      thousands(home["words"].get<std::int64_t>()));
  Table steps({"layers", "how", "energy pJ", "cycles", "over layer by layer", "reserved", level});
  std::string most;
  double saved = 0.0;
  for (const Json& step : network["steps"]) {
    const std::string first = step["first"].get<std::string>(), last = step["last"].get<std::string>();
    const double energy = number_at(step, "energy_pj"), cycles = number_at(step, "cycles");
    const double energy_before = number_at(step, "unfused_energy_pj"),
                 cycles_before = number_at(step, "unfused_cycles");
    steps.add({first == last ? first : first + " .. " + last, step["how"].get<std::string>(),
               fmt::format("{:.3e}", energy), fmt::format("{:.0f}", cycles),
               energy_before > 0.0 ? fmt::format("{:.3f}", energy * cycles / (energy_before * cycles_before)) : "-",
               thousands(step["reserved_words"].get<std::int64_t>()), bar(home, step)});
    if (step.contains("in_words") && energy_before - energy > saved) {
      saved = energy_before - energy;
      most = step["in_words"].get<std::string>();
    }
  }
  text += steps.text();
  const Json& outer = network["outermost"];
  const auto shares = [&](const char* weights, const char* activations, const char* whole) {
    const double all = number_at(network, whole);
    const auto share = [&](const char* key) {
      return all > 0.0 ? percent(number_at(outer, key) / all) : std::string("-");
    };
    return std::pair(share(weights), share(activations));
  };
  const auto [weights, activations] = shares("weights_pj", "activations_pj", "energy_pj");
  text += fmt::format("\n{}: weights {} and activations {} of all energy", outer["level"].get<std::string>(), weights,
                      activations);
  if (outer.contains("unfused_weights_pj")) {
    const auto [weights_before, activations_before] =
        shares("unfused_weights_pj", "unfused_activations_pj", "unfused_energy_pj");
    text += fmt::format("; layer by layer {} and {}", weights_before, activations_before);
  }
  text += "\n";
  text += no_room_text(network["does_not_fit"]);
  if (!most.empty()) text += fmt::format("\nThe group that saves most energy: {}\n", most);
  return text;
}

}  // namespace dovetail
