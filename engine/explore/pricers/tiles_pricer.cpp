// Prices of tilings.
#include <dovetail/engine/explore/pricers/tiles_pricer.hpp>

#include <cmath>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/tiles/tile_layer.hpp>
#include <dovetail/engine/record/store.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

// The layers of a network in the engine's words, with what its tensors say of compression; or why not.
std::string tile_layers(const Network& network, bool convolutions, bool skips_zeros,
                        std::vector<TileNetworkLayer>& list) {
  for (const NetworkLayer* layer : layers(network)) {
    if (convolutions && layer->layer.kind != "conv") continue;
    const TileReading reading = tile_layer(layer->layer);
    if (!reading.layer) return reading.refusal;
    TileNetworkLayer one{layer->layer.name, *reading.layer, layer->repeat, {}};
    if (const int weights = find_tensor(layer->layer, "Weights"); weights >= 0) {
      const Tensor& tensor = layer->layer.tensors[static_cast<std::size_t>(weights)];
      const auto whole = static_cast<double>(one.shape.kernel * one.shape.kernel);
      if (tensor.density < 1.0 && skips_zeros)
        one.compression.kept = std::max(1, static_cast<int>(std::lround(tensor.density * whole)));
      if (tensor.word_bits > 0) one.compression.weight_bits = tensor.word_bits;
    }
    list.push_back(std::move(one));
  }
  return "";
}

class TilesPricer final : public Stage {
 public:
  TilesPricer(const CandidateSpace& space, bool convolutions, std::shared_ptr<const ExactCompression> exact)
      : board_(space.tiles->family.board),
        edition_(space.tiles->family.edition),
        kernel_(space.tiles->kernel),
        skips_zeros_(space.tiles->family.skips_zeros),
        convolutions_(convolutions),
        exact_(std::move(exact)) {}

  std::string name() const override { return "price"; }
  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"latency_ms", "cycles", "dsp", "bram", "port_bits"};
    if (board_.static_mw && board_.dynamic_mw) names.emplace_back("energy_mj");
    return names;
  }
  double expected_seconds() const override { return exact_ ? 2e-3 : 3e-4; }
  std::map<std::string, std::string> identity() const override {
    std::map<std::string, std::string> text = {
        {"tiles",
         fmt::format("{} {} {} {} {} {} {}, Tk {}, edition {}{}{}", board_.dsp, board_.bram, board_.bram_bits,
                     board_.port_bits, board_.word_bits, board_.clock_mhz,
                     board_.static_mw.value_or(-1.0) + board_.dynamic_mw.value_or(-1.0), kernel_, to_string(edition_),
                     convolutions_ ? ", convolutions" : "", skips_zeros_ ? ", skips zeros" : "")}};
    if (exact_) text["compression"] = fmt::format("exact within {} ms", exact_->latency_ms());
    return text;
  }
  std::vector<std::string> remarks() const override {
    std::vector<std::string> list;
    if (edition_ != TileEdition::geometric)
      list.push_back(fmt::format(
          "edition {} of the tile model reproduces recorded runs of HotNAS; designs are for the edition geometric",
          to_string(edition_)));
    if (convolutions_) list.emplace_back("convolutions alone are priced: products (the classifier) are left out");
    if (exact_)
      list.emplace_back("the compression of every network and tiling is solved exactly (multiple-choice knapsack)");
    if (board_.static_mw && board_.dynamic_mw)
      list.emplace_back("energies are the board's assumed powers times time, for comparison only");
    return list;
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    const TileDesign design = candidate.tiles->design(candidate.machine_point.numbers);
    double cycles = 0.0;
    if (exact_) {
      const ExactCompression::Answer answer = exact_->solve(candidate);
      if (!answer.failure.empty()) return {{}, answer.failure, false};
      cycles = answer.cycles;
    } else {
      for (const CandidateNetwork& part : candidate.networks) {
        std::vector<TileNetworkLayer> list;
        if (std::string why = tile_layers(part.network(), convolutions_, skips_zeros_, list); !why.empty())
          return {{}, why, false};
        cycles += total_cycles(edition_, list, design);
      }
    }
    if (!std::isfinite(cycles)) return {{}, "a port is too narrow for one stored weight", false};
    const TileResources taken = tile_resources(board_, design);
    const double ms = cycles / (1e3 * board_.clock_mhz);
    StageAnswer answer{{{"latency_ms", ms},
                        {"cycles", cycles},
                        {"dsp", static_cast<double>(taken.dsp)},
                        {"bram", static_cast<double>(taken.bram)},
                        {"port_bits", static_cast<double>(taken.port_bits)}},
                       "",
                       false};
    if (board_.static_mw && board_.dynamic_mw)
      answer.metrics["energy_mj"] = (*board_.static_mw + *board_.dynamic_mw) * ms * 1e-3;
    return answer;
  }

  std::string detail(const NetworkCandidate& candidate) const override {
    const TileDesign design = candidate.tiles->design(candidate.machine_point.numbers);
    const TileResources taken = tile_resources(board_, design);
    Json rows = Json::array();
    for (const CandidateNetwork& part : candidate.networks) {
      std::vector<TileNetworkLayer> list;
      const Network network = exact_ ? compressed(part.plain(), exact_->solve(candidate).choice) : part.network();
      if (!tile_layers(network, convolutions_, skips_zeros_, list).empty()) return "";
      for (const TileNetworkLayer& layer : list) {
        const Tile& tile = layer.shape.depthwise && design.depthwise ? *design.depthwise : design.ordinary;
        const TileCycles cost = tile_cycles(edition_, layer.shape, tile, layer.compression);
        const auto whole = layer.shape.kernel * layer.shape.kernel;
        rows.push_back(
            {{"layer", layer.name},
             {"kept", fmt::format("{} of {}", layer.compression.kept.value_or(static_cast<int>(whole)), whole)},
             {"bits", layer.compression.weight_bits.value_or(board_.word_bits)},
             {"cycles", cost.cycles * static_cast<double>(layer.count)},
             {"bound by", to_string(cost.bottleneck)}});
      }
    }
    std::string title = fmt::format("{}: engine {}", board_.name, tile_list(design.ordinary).dump());
    if (design.depthwise) title += fmt::format(", depthwise {}", tile_list(*design.depthwise, true).dump());
    title += fmt::format(" (Tm Tn Tr Tc Tk Wp Ip Op); DSP {} of {}, BRAM {} of {}, port bits {} of {}", taken.dsp,
                         board_.dsp, taken.bram, board_.bram, taken.port_bits, board_.port_bits);
    return Json{{"title", title}, {"stages", std::move(rows)}}.dump();
  }

 private:
  TileBoard board_;
  TileEdition edition_;
  int kernel_;
  bool skips_zeros_;
  bool convolutions_;
  std::shared_ptr<const ExactCompression> exact_;
};

}  // namespace

std::unique_ptr<Stage> make_tiles_pricer(const CandidateSpace& space, bool convolutions,
                                         std::shared_ptr<const ExactCompression> exact) {
  return std::make_unique<TilesPricer>(space, convolutions, std::move(exact));
}

}  // namespace dovetail
