// Compression as a transformation of a network: kernels that keep some weights, fewer channels, narrower words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/compress/sensitivity.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// What becomes of a layer.
struct LayerCompression {
  std::optional<int> kept;             ///< weights that each kernel keeps: the density of the weights
  std::optional<int> weight_bits;      ///< of a stored weight: the word width of the weights
  std::optional<int> activation_bits;  ///< of an input: the word width of the inputs
  double channels = 1.0;               ///< share of its output channels that stay (one at least)
  bool whole() const { return !kept && !weight_bits && !activation_bits && channels == 1.0; }
  bool operator==(const LayerCompression&) const = default;
};

/// By the name of the layer; who is not named stays whole.
using NetworkCompression = std::map<std::string, LayerCompression>;

/// The network with its tensors' densities, word widths and channels changed. Cut channels are gone from whoever reads
/// them; where these are joined with others (sums, grouped convolutions) the cut is impossible: InputError names the
/// layers.
Network compressed(const Network& network, const NetworkCompression& compression);

/// The side of a layer's square kernel, 1 for products; 0 for others.
int kernel_of(const Layer& layer);

/// What a layer loses of the metric when it is compressed by an amount: by the measured row that is at least as far (of
/// kind bits: as narrow). None where it was never measured so far. An amount of nothing loses nothing.
std::optional<double> predicted_drop(const Sensitivity& sensitivity, const std::string& layer, double amount,
                                     Drop drop);

/// Sums the drops of a network's compression; `sensitivities` of one network, one per kind: element (kernels), channel
/// or filter, bits, activation bits. Words of 16 bits and more lose nothing where no sensitivity of the kind is given.
/// A layer that was not measured so far is an error by name.
struct PredictedLoss {
  double loss = 0.0;
  std::string failure;
};
PredictedLoss predicted_loss(const std::vector<Sensitivity>& sensitivities, const Network& network,
                             const NetworkCompression& compression, Drop drop);
PredictedLoss predicted_loss(const std::vector<Sensitivity>& sensitivities, const std::string& layer, int kernel,
                             const LayerCompression& compression, Drop drop);

}  // namespace dovetail
