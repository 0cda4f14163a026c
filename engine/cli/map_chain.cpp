#include "map_chain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/engine/report/table.hpp>

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_text(const FusedChain& chain, const Json& answer) {
  const Json& network = answer["network"];
  const auto number = [&](const char* key) {
    return network[key].is_null() ? std::string("-") : fmt::format("{:.6g}", network[key].get<double>());
  };
  say("{}: {} layer{} on a buffer of {} words\n\n", chain.name.empty() ? "chain" : chain.name,
             chain.layers.size(), chain.layers.size() == 1 ? "" : "s", chain.machine.capacity_words);
  Table table({"", "edp (pJ x cycles)", "energy pJ", "cycles"});
  table.add({"layer by layer", number("unfused_edp"), "", ""});
  table.add({"best", number("edp"), number("energy_pj"), number("cycles")});
  table.add({"no schedule of any kind is below", number("compulsory_edp"), "", ""});
  say("{}", table.text());
  if (network["edp"].is_null()) {
    say("\nnothing fits: some layer has no tile that the buffer can hold\n");
    return;
  }
  say("\nproven: all homes, groups, tiles and loop orders were compared\n");
  for (const Json& group : network["groups"]) say("in bands: layers {}\n", group.get<std::string>());
  for (const Json& layer : network["in_buffer"]) say("whole in the buffer: result of layer {}\n", layer.get<int>());
  if (network["groups"].empty() && network["in_buffer"].empty()) say("every result passes through DRAM\n");
}

}  // namespace

bool is_chain_file(const std::string& file) {
  try {
    return is_fused_chain(load_file(file));
  } catch (const InputError&) {
    return false;  // whoever reads it says what is wrong with it
  }
}

int map_chain(const std::string& file, const std::string& fusion, const Common& common) {
  const Node document = load_file(file);
  Diagnostics diagnostics;
  const auto read = read_fused_chain(document, diagnostics);
  diagnostics.raise();
  const Fusion kind = fusion.empty()     ? read->fusion
                      : fusion == "none"  ? Fusion::none
                      : fusion == "homes" ? Fusion::homes
                                          : Fusion::bands;
  const Json answer = chain_answer_json(read->chain, kind);
  if (common.format == "text") {
    print_text(read->chain, answer);
  } else {
    print_json(common, answer);
  }
  return answer["network"]["edp"].is_null() ? exit_infeasible : exit_done;
}

}  // namespace dovetail::cli
