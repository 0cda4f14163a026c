// Training as a stage.
#include <dovetail/engine/explore/accuracy/trainer_accuracy.hpp>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dovetail/engine/record/checksum.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {
namespace {

constexpr std::size_t made_images = 4000;
constexpr double assumed_flops = 20e9;  // of a core, to say beforehand how long a training takes

class TrainerAccuracy final : public Stage {
 public:
  TrainerAccuracy(std::size_t network, Images images, const TrainingOptions& options, double usual_macs,
                  std::string metric)
      : network_(network),
        images_(std::move(images)),
        options_(options),
        split_(split(images_, options)),
        metric_(std::move(metric)) {
    expected_ = std::max(0.1, 6.0 * usual_macs * static_cast<double>(images_.size()) * options.epochs / assumed_flops);
  }

  std::string name() const override { return "accuracy"; }
  std::vector<std::string> metrics() const override { return {metric_}; }
  double expected_seconds() const override { return expected_; }
  bool oracle() const override { return true; }
  std::map<std::string, std::string> identity() const override {
    const TrainingOptions& o = options_;
    return {{metric_ + " images digest", digest(images_.digest)},
            {metric_ + " training", fmt::format("{} of {} images, {} epochs of batches of {}, rate {} momentum {} "
                                                "decay {} holdout {} crop {} flip {} patience {} seed {}",
                                                split_.training.size(), images_.size(), o.epochs, o.batch, o.rate,
                                                o.momentum, o.decay, o.holdout, o.crop, o.flip, o.patience, o.seed)}};
  }
  std::vector<std::string> remarks() const override {
    return {
        fmt::format("{} is of {} held-out images after {} epoch{} on {} ({}), batch norm and ReLU behind every layer "
                    "but the last; it is for ranking networks, and its last digits are "
                    "those of this processor's instructions",
                    metric_, split_.validation.size(), options_.epochs, options_.epochs == 1 ? "" : "s",
                    split_.training.size(), images_.source)};
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const override {
    const CandidateNetwork& network = candidate.networks[network_];
    std::string text = network.text;
    for (const auto& [layer, c] : network.compression)
      if (c.channels < 1.0)
        text += fmt::format(" {}*{}", layer, c.channels);  // of compression only cut channels change what is trained
    Entry& entry = entry_of(text);
    const std::lock_guard<std::mutex> lock(entry.mutex);
    if (!entry.result) {
      const TrainReading reading = train_graph(network.network(), images_.channels, images_.height, images_.width);
      if (!reading.graph) return {{}, reading.refusal, false};
      TrainingOptions options = options_;
      options.seed = siphash24(text, options_.seed, 0);
      TrainingResult result = train(*reading.graph, images_, split_, options, effort.stop);
      if (result.stopped) return {{}, "", true};
      entry.result = std::move(result);
    }
    if (!entry.result->failure.empty()) return {{}, entry.result->failure, false};
    return {{{metric_, entry.result->accuracy}}, "", false};
  }

 private:
  struct Entry {
    std::mutex mutex;
    std::optional<TrainingResult> result;
  };
  Entry& entry_of(const std::string& text) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return entries_[text];
  }

  std::size_t network_;
  Images images_;
  TrainingOptions options_;
  TrainingSplit split_;
  std::string metric_;
  double expected_ = 1.0;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Entry> entries_;  // references stay valid
};

// The first of the images, in an order of the seed.
void keep(Images& images, std::size_t count, std::uint64_t seed) {
  if (count == 0 || count >= images.size()) return;
  TrainingOptions options;
  options.seed = seed;
  options.holdout = 0.0;
  std::vector<std::uint32_t> order = split(images, options).training;
  order.resize(count);
  Images fewer = images;
  fewer.pixels.clear();
  fewer.labels.clear();
  for (const std::uint32_t i : order) {
    fewer.pixels.insert(fewer.pixels.end(), images.image(i), images.image(i) + images.image_bytes());
    fewer.labels.push_back(images.labels[i]);
  }
  fewer.digest = fmt::format("{} first {} of {}", images.digest, count, images.size());
  images = std::move(fewer);
}

}  // namespace

std::unique_ptr<Stage> make_trainer_accuracy(const CandidateSpace& space, std::size_t network,
                                             const StudyTrainer& trainer, const std::string& data,
                                             const Location& where, const std::string& metric,
                                             Diagnostics& diagnostics) {
  const NetworkSource& source = space.networks[network];
  if (source.family) {
    const std::vector<std::string> unseen = source.family->unseen_steps();
    if (!unseen.empty()) {
      diagnostics.error(where, fmt::format("the trainer cannot run {}: its layers do not show {}; it runs chains, and "
                                           "sums, of convolutions and products: use a table or a command",
                                           source.family->name(), fmt::join(unseen, ", ")));
      return nullptr;
    }
  }
  const Network usual = source.family ? source.family->instantiate(source.family->default_point()) : source.fixed;
  const std::optional<ImageShape> shape = image_shape(usual);
  const std::vector<const NetworkLayer*> all = layers(usual);
  TrainReading reading;
  if (shape)
    reading = train_graph(usual, shape->channels, shape->height, shape->width);
  else
    reading.refusal = all.empty() ? "the network has no layer"
                                  : fmt::format("{}: the first layer is no convolution", all.front()->layer.name);
  if (!reading.graph) {
    diagnostics.error(where, fmt::format("the trainer cannot run {}: {}", usual.name, reading.refusal));
    return nullptr;
  }
  TrainingOptions options = trainer.options;
  Images images;
  try {
    if (trainer.data == "generated") {
      images = make_textures({shape->channels, shape->height, shape->width, reading.graph->classes,
                              trainer.images > 0 ? trainer.images : made_images, trainer.difficulty, options.seed});
    } else {
      images = load_images(data, reading.graph->classes, trainer.where);
      keep(images, trainer.images, options.seed);
      if (!trainer.says_flip) options.flip = images.channels == 3;
      if (!trainer.says_crop) options.crop = images.channels == 3 ? images.height / 8 : 0;
    }
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
    return nullptr;
  }
  if (const TrainReading fits = train_graph(usual, images.channels, images.height, images.width); !fits.graph) {
    diagnostics.error(trainer.where,
                      fmt::format("{} has images of {}x{}x{}, and {} reads {}x{}x{}: set the network's input",
                                  trainer.data, images.channels, images.height, images.width, usual.name,
                                  shape->channels, shape->height, shape->width));
    return nullptr;
  }
  if (images.size() < 10) {
    diagnostics.error(trainer.where,
                      fmt::format("{} has {} images, allowed are 10 or more", trainer.data, images.size()));
    return nullptr;
  }
  return std::make_unique<TrainerAccuracy>(network, std::move(images), options, reading.graph->macs(), metric);
}

}  // namespace dovetail
