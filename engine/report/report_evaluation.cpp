// One evaluated design as text: what it costs, where the energy goes, what bounds the time.
#include <algorithm>

#include <fmt/format.h>

#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {

std::string evaluation_text(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                            const Evaluation& evaluation) {
  std::string out =
      fmt::format("{} on {}\n\n{}\n", layer.name, architecture.name, loop_nest(layer, architecture, mapping));
  if (!evaluation.valid()) {
    out += "not valid:\n";
    for (const Violation& violation : evaluation.violations) out += "  " + to_text(violation) + "\n";
    return out;
  }
  out += fmt::format("energy      {:.6e} pJ\n", evaluation.energy_pj);
  out += fmt::format("cycles      {} ({} without stalls)\n", evaluation.cycles, evaluation.compute_cycles);
  out += fmt::format("EDP         {:.6e} pJ x cycles\n", evaluation.edp());
  out += fmt::format("utilization {} of {} MACs over {} cycles\n", percent(evaluation.utilization),
                     architecture.compute.instances, evaluation.cycles);
  out += fmt::format("area        {} um2\n\n", short_number(evaluation.area_um2));

  Table energy({"where", "energy pJ", "share", "cycles alone", "words read", "filled", "updated"});
  const auto share = [&](double part) { return evaluation.energy_pj > 0 ? percent(part / evaluation.energy_pj) : "-"; };
  for (std::size_t i = evaluation.levels.size(); i-- > 0;) {
    const LevelEvaluation& level = evaluation.levels[i];
    std::int64_t reads = 0, fills = 0, updates = 0;
    for (const TensorCounts& counts : level.tensors) {
      reads += counts.reads * counts.utilized_instances;
      fills += counts.fills * counts.utilized_instances;
      updates += counts.updates * counts.utilized_instances;
    }
    energy.add({architecture.levels[i].name, short_number(level.energy_pj), share(level.energy_pj),
                fmt::format("{}", level.cycles), fmt::format("{}", reads), fmt::format("{}", fills),
                fmt::format("{}", updates)});
    for (std::size_t t = 0; t < level.tensors.size(); ++t) {
      const TensorCounts& counts = level.tensors[t];
      if (counts.utilized_capacity == 0) continue;
      energy.add({"  " + layer.tensors[t].name, short_number(counts.energy_pj), share(counts.energy_pj), "",
                  fmt::format("{}", counts.reads * counts.utilized_instances),
                  fmt::format("{}", counts.fills * counts.utilized_instances),
                  fmt::format("{}", counts.updates * counts.utilized_instances)});
    }
  }
  double networks = 0.0;
  for (const NetworkEvaluation& network : evaluation.networks) networks += network.energy_pj;
  if (networks > 0) energy.add({"networks", short_number(networks), share(networks), "", "", "", ""});
  energy.add({architecture.compute.name, short_number(evaluation.compute_energy_pj),
              share(evaluation.compute_energy_pj), fmt::format("{}", evaluation.compute_cycles), "", "", ""});
  return out + energy.text(0);
}

}  // namespace dovetail
