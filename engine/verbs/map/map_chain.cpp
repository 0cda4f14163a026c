// map of chains of layers that may share a buffer (see the header).
#include <dovetail/engine/verbs/map/map_chain.hpp>

#include <fmt/format.h>

#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail::verbs {
namespace {

void add_text(Answer& out, const FusedChain& chain, const Json& answer) {
  const Json& network = answer["network"];
  const auto number = [&](const char* key) {
    return network[key].is_null() ? std::string("-") : fmt::format("{:.6g}", network[key].get<double>());
  };
  out.say("{}: {} layer{} on a buffer of {} words\n\n", chain.name.empty() ? "chain" : chain.name, chain.layers.size(),
          chain.layers.size() == 1 ? "" : "s", chain.machine.capacity_words);
  Table table({"", "edp (pJ x cycles)", "energy pJ", "cycles"});
  table.add({"layer by layer", number("unfused_edp"), "", ""});
  table.add({"best", number("edp"), number("energy_pj"), number("cycles")});
  table.add({"no schedule of any kind is below", number("compulsory_edp"), "", ""});
  out.say("{}", table.text());
  if (network["edp"].is_null()) {
    out.say("\nnothing fits: some layer has no tile that the buffer can hold\n");
    return;
  }
  out.say("\nproven: all homes, groups, tiles and loop orders were compared\n");
  for (const Json& group : network["groups"]) out.say("in bands: layers {}\n", group.get<std::string>());
  for (const Json& layer : network["in_buffer"]) out.say("whole in the buffer: result of layer {}\n", layer.get<int>());
  if (network["groups"].empty() && network["in_buffer"].empty()) out.say("every result passes through DRAM\n");
}

}  // namespace

Answer map_chain(const Node& document, const std::string& fusion, const Asking& asking) {
  Diagnostics diagnostics;
  const auto read = read_fused_chain(document, diagnostics);
  diagnostics.raise();
  const Fusion kind = fusion.empty()      ? read->fusion
                      : fusion == "none"  ? Fusion::none
                      : fusion == "homes" ? Fusion::homes
                                          : Fusion::bands;
  const Json found = chain_answer_json(read->chain, kind);
  Answer out;
  if (asking.as_text())
    add_text(out, read->chain, found);
  else
    out.record = found;
  out.end = found["network"]["edp"].is_null() ? End::infeasible : End::done;
  return out;
}

}  // namespace dovetail::verbs
