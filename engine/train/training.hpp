// Training of one network: stochastic gradient descent, and how accurate it then is on images that it did not see.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/train/images.hpp>
#include <dovetail/engine/train/train_graph.hpp>

namespace dovetail {

struct TrainingOptions {
  int epochs = 4;
  int batch = 64;
  double rate = 0.05;  ///< of learning, at first; it falls to 0 as half a cosine (Loshchilov and Hutter, ICLR 2017)
  double momentum = 0.9;
  double decay = 5e-4;      ///< of weights
  double holdout = 0.1;     ///< share of the images that validate
  int crop = 0;             ///< images are shifted by up to so many pixels either way, what is missing is black
  bool flip = false;        ///< half of them are mirrored
  int patience = 0;         ///< ends after so many epochs without a better accuracy; 0: never
  double memory_mb = 2048;  ///< that one training may take
  std::uint64_t seed = 0;
};

struct TrainingResult {
  double accuracy = 0.0;  ///< share of the validation images; with patience the best epoch's, otherwise the last one's
  double loss = 0.0;      ///< mean over the last epoch's training images
  std::vector<double> accuracies;  ///< per epoch
  std::string failure;             ///< such as memory or divergence; empty: trained
  bool stopped = false;
};

/// Images for training and for validation: the same for every network of a seed.
struct TrainingSplit {
  std::vector<std::uint32_t> training, validation;
};
TrainingSplit split(const Images& images, const TrainingOptions& options);

/// Trains on one thread. A function of its arguments: weights, order, crops and flips come from the seed, so a training
/// that was interrupted gives the same result when it is started again. `stop` is asked once per batch.
TrainingResult train(const TrainGraph& graph, const Images& images, const TrainingSplit& split,
                     const TrainingOptions& options, const std::function<bool()>& stop = {});

}  // namespace dovetail
