// Reading of the trainer's keys.
#include <dovetail/engine/study/keys/trainer_keys.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

void read_trainer(const Node& node, StudyTrainer& trainer, Diagnostics& diagnostics) {
  if (!require_mapping(node, "trainer", diagnostics)) return;
  TrainingOptions& options = trainer.options;
  const std::vector<std::string> keys = {"data", "epochs", "batch",    "rate",   "momentum",   "decay",     "holdout",
                                         "crop", "flip",   "patience", "images", "difficulty", "memory_mb", "seed"};
  for (const Node::Entry& entry : node.entries()) {
    const Node& value = entry.value;
    if (entry.key == "data") {
      trainer.where = value.location();
      read_value(value, "data", {}, diagnostics, trainer.data);
    } else if (entry.key == "epochs") {
      read_value(value, "epochs", between(1, 10000), diagnostics, options.epochs);
    } else if (entry.key == "batch") {
      read_value(value, "batch", between(2, 4096), diagnostics, options.batch);
    } else if (entry.key == "rate") {
      read_value(value, "rate", above_to(0, 100), diagnostics, options.rate);
    } else if (entry.key == "momentum") {
      read_value(value, "momentum", between(0, 0.9999), diagnostics, options.momentum);
    } else if (entry.key == "decay") {
      read_value(value, "decay", between(0, 1), diagnostics, options.decay);
    } else if (entry.key == "holdout") {
      read_value(value, "holdout", between(0.001, 0.9), diagnostics, options.holdout);
    } else if (entry.key == "crop") {
      trainer.says_crop = read_value(value, "crop", between(0, 64), diagnostics, options.crop);
    } else if (entry.key == "flip") {
      trainer.says_flip = read_value(value, "flip", {}, diagnostics, options.flip);
    } else if (entry.key == "patience") {
      read_value(value, "patience", between(0, 10000), diagnostics, options.patience);
    } else if (entry.key == "images") {
      std::int64_t images = 0;
      if (read_value(value, "images", between(10, 1e7), diagnostics, images))
        trainer.images = static_cast<std::size_t>(images);
    } else if (entry.key == "difficulty") {
      read_value(value, "difficulty", between(0, 1), diagnostics, trainer.difficulty);
    } else if (entry.key == "memory_mb") {
      read_value(value, "memory_mb", above_to(0, 1e6), diagnostics, options.memory_mb);
    } else if (entry.key == "seed") {
      read_value(value, "seed", between(0, 9e15), diagnostics, options.seed);
    } else {
      diagnostics.error(entry.where,
                        fmt::format("trainer: no key {}{}", quote(entry.key), suggestion(entry.key, keys)));
    }
  }
  if (trainer.data.empty())
    diagnostics.error(node.location(),
                      "trainer: expected data: a folder or file of IDX or CIFAR images, or 'generated'");
}

}  // namespace dovetail
