// What a search on FPGA tiles reads: the engine's space, the group compress, sensitivities by network.
#include <dovetail/engine/explore/exploration.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include <dovetail/accelerators/tiles/tile_layer.hpp>

namespace dovetail {
namespace {

// Names of networks differ in case, dots, dashes, and in torchvision's suffix.
std::string plain_name(std::string name) {
  const std::string suffix = "-torchvision";
  if (name.size() > suffix.size() && name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  std::string plain;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

std::vector<const Network*> given_networks(const CandidateSpace& candidates) {
  std::vector<const Network*> list;
  for (const NetworkSource& source : candidates.networks) {
    if (source.family) continue;
    if (source.any.empty()) list.push_back(&source.fixed);
    for (const Network& one : source.any) list.push_back(&one);
  }
  return list;
}

// The largest kernel, and whether a layer is depthwise, over the networks; of families over many draws.
std::pair<int, bool> engines(const CandidateSpace& candidates) {
  std::int64_t kernel = 1;
  bool depthwise = false;
  const auto look = [&](const Network& network) {
    for (const NetworkLayer* layer : layers(network)) {
      const TileReading reading = tile_layer(layer->layer);
      if (!reading.layer) continue;
      kernel = std::max(kernel, reading.layer->kernel);
      depthwise = depthwise || reading.layer->depthwise;
    }
  };
  for (const Network* network : given_networks(candidates)) look(*network);
  constexpr std::uint64_t draws = 64;
  for (const NetworkSource& source : candidates.networks) {
    if (!source.family) continue;
    look(source.family->instantiate(source.family->default_point()));
    for (std::uint64_t i = 0; i < draws; ++i) {
      Random random(0, {0x6b65726e, i});
      if (const auto point = source.family->draw(random)) look(source.family->instantiate(*point));
    }
  }
  return {static_cast<int>(std::min<std::int64_t>(kernel, 1024)), depthwise};
}

}  // namespace

void Exploration::read_tiles(const std::string& family, Diagnostics& diagnostics) {
  if (diagnostics.failed()) return;
  const std::vector<std::string> settings = {"edition", "fill_dsp", "enforce_bram", "Tk", "skips_zeros"};
  std::vector<std::string> changes;
  std::erase_if(study_.fixed, [&](const StudyEntry& entry) {
    const std::string name = entry.name.rfind("hw.", 0) == 0 ? entry.name.substr(3) : entry.name;
    if (name.rfind("board", 0) != 0 && std::find(settings.begin(), settings.end(), name) == settings.end())
      return false;
    changes.push_back(
        fmt::format("{}={}", name, entry.value.is_scalar() ? entry.value.text() : to_json(entry.value).dump()));
    return true;
  });
  const auto [kernel, depthwise] = engines(candidates_);
  candidates_.tiles = tile_space(load_tile_family(family, changes), kernel, depthwise);
}

void Exploration::read_compression(Diagnostics& diagnostics) {
  const StudyCompression& study = study_.explore.compression;
  if (study.solve == "exact") return;
  std::vector<CompressionSpace::Target> targets;
  for (std::size_t n = 0; n < candidates_.networks.size(); ++n) {
    const NetworkSource& source = candidates_.networks[n];
    if (source.any.empty()) targets.push_back({n, -1, source.task, source.family ? nullptr : &source.fixed});
    for (std::size_t i = 0; i < source.any.size(); ++i)
      targets.push_back({n, static_cast<int>(i), plain_name(source.any[i].name), &source.any[i]});
  }
  candidates_.compression = CompressionSpace(study, targets, diagnostics);
}

Sensitivities Exploration::read_sensitivities(const StudyAccuracy& accuracy, Diagnostics& diagnostics) const {
  Sensitivities result;
  for (const Network* network : given_networks(candidates_)) {
    NetworkSensitivity one;
    one.drop = accuracy.drop == "envelope" ? Drop::envelope : Drop::as_measured;
    const std::string name = plain_name(network->name);
    std::optional<double> base;
    for (const std::string& from : accuracy.sensitivities) {
      try {
        if (from == "built-in") {
          for (const std::string& known : sensitivity_names())
            if (plain_name(known) == name) one.kinds.push_back(load_sensitivity(known, known));
          continue;
        }
        const std::vector<std::string> names = sensitivity_names();
        const bool built_in = std::find(names.begin(), names.end(), from) != names.end();
        const std::string path =
            built_in || study_.folder.empty() || from.front() == '/' ? from : study_.folder + "/" + from;
        Sensitivity loaded = load_sensitivity(path, network->name);
        if (plain_name(loaded.network) == name) one.kinds.push_back(std::move(loaded));
      } catch (const InputError& error) {
        for (const Diagnostic& diagnostic : error.diagnostics())
          diagnostics.error(diagnostic.where.file.empty() ? accuracy.where : diagnostic.where, diagnostic.message);
      }
    }
    if (!one.kinds.empty()) base = one.kinds.front().base;
    for (const auto& [of, value] : accuracy.base)
      if (plain_name(of) == name) base = value;
    if (!base) continue;
    one.base = *base;
    result[network->name] = std::move(one);
  }
  if (result.empty() && !diagnostics.failed())
    diagnostics.error(accuracy.where,
                      fmt::format("accuracy: no sensitivity of this network; built in are those of{}", [] {
                        std::string names;
                        for (const std::string& name : sensitivity_names()) names += " " + name;
                        return names;
                      }()));
  return result;
}

// The best tiling of the uncompressed network that a start names, or of the first.
std::vector<double> Exploration::start_tiling(const Node& start) const {
  std::vector<TileNetworkLayer> all;
  for (const NetworkSource& source : candidates_.networks) {
    const Node* named = source.any.empty()
                            ? nullptr
                            : start.find(source.task.empty() ? "nn.network" : "nn." + source.task + ".network");
    const auto chosen = std::find_if(source.any.begin(), source.any.end(), [&](const Network& one) {
      return named != nullptr && named->is_scalar() && one.name == named->text();
    });
    const Network network = source.family                ? source.family->instantiate(source.family->default_point())
                            : chosen != source.any.end() ? *chosen
                                                         : source.fixed;
    for (const NetworkLayer* layer : layers(network)) {
      if (study_.explore.cost.convolutions && layer->layer.kind != "conv") continue;
      if (const TileReading reading = tile_layer(layer->layer); reading.layer)
        all.push_back({layer->layer.name, *reading.layer, layer->repeat, {}});
    }
  }
  return candidates_.tiles->best_numbers(all);
}

}  // namespace dovetail
