// A network with its weights: what it answers, and how its loss moves with each of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/engine/train/convolution.hpp>
#include <dovetail/engine/train/train_graph.hpp>

namespace dovetail {

/// The parameters of a graph and one pass at a time over some images. S is float, or double to check gradients. One
/// thread; copies are independent. Equal calls give equal bits.
template <class S>
class TrainModel {
 public:
  /// Weights are normal with variance 2 / inputs of a unit (He et al., "Delving deep into rectifiers", ICCV 2015),
  /// scales 1, shifts 0.
  TrainModel(const TrainGraph& graph, std::uint64_t seed);

  /// One number per class and image: the last layer's mean over its map. x holds the images, channels of a pixel
  /// together. Training normalises by the batch and remembers its mean and variance; otherwise what is remembered
  /// normalises.
  std::span<const S> forward(std::span<const S> x, int images, bool training);
  /// The mean cross entropy of the softmax of what a training `forward` answered, and its gradient in `gradient()`.
  double backward(std::span<const int> labels);

  std::span<S> parameters() { return parameters_; }
  std::span<const S> gradient() const { return gradient_; }
  /// Whether a parameter is a weight: only these decay.
  bool is_weight(std::size_t parameter) const { return is_weight_[parameter] != 0; }

 private:
  struct Unit {
    TrainNode node;
    ConvSizes sizes;
    std::size_t weights = 0, scale = 0, shift = 0;  ///< places among the parameters
    std::vector<S> z;                               ///< what the convolution answered
    std::vector<S> mean, inverse;                   ///< of the last pass: z's mean and 1 / deviation per channel
    std::vector<S> kept_mean, kept_variance;
    std::vector<S> gradient;  ///< of what it passes on; empty while nothing has come back
  };
  std::size_t pixels(const Unit& unit) const;
  bool last(const Unit& unit) const { return &unit == &units_.back(); }
  void normalise(Unit& unit, bool training);
  /// What a unit reads, summed.
  void gather(const Unit& unit, std::vector<S>& to) const;
  void add_read(const TrainRead& read, const Unit& reader, bool first, S* to) const;
  /// Sends the gradient of what a unit read to where it came from.
  void scatter(const Unit& unit, std::vector<S>& dx);
  void through_norm(Unit& unit);

  std::vector<Unit> units_;
  TrainGraph graph_;
  int images_ = 0;
  std::span<const S> image_;
  std::vector<S> parameters_, gradient_, logits_, input_, back_, scratch_;
  std::vector<char> is_weight_;
};

}  // namespace dovetail
