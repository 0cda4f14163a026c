// The key `trainer` of an accuracy: which images, and how a network is trained on them.
#pragma once

#include <string>

#include <dovetail/engine/train/training.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Training on a user's images, or on the made task.
struct StudyTrainer {
  std::string data;         ///< "generated", or a path of IDX or CIFAR files
  Location where;           ///< of `data`
  double difficulty = 0.5;  ///< of the made task
  std::size_t images = 0;   ///< used at most; of the made task how many there are (0: 4 000)
  bool says_flip = false;   ///< otherwise CIFAR's images are mirrored and shifted, others are not
  bool says_crop = false;
  TrainingOptions options;
};

/// {data, epochs, batch, rate, momentum, decay, holdout, crop, flip, patience, images, difficulty, memory_mb, seed};
/// what is not named stays.
void read_trainer(const Node& node, StudyTrainer& trainer, Diagnostics& diagnostics);

}  // namespace dovetail
