// Epochs of batches, and the validation after each.
#include <dovetail/engine/train/training.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include <dovetail/engine/train/model.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {
namespace {

enum : std::uint64_t { split_stream = 0x73706c69, order_stream = 0x6f726465, look_stream = 0x6c6f6f6b };

void shuffle(std::vector<std::uint32_t>& list, Random random) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[static_cast<std::size_t>(random.below(i))]);
}

/// Pixels to numbers of mean 0 and deviation 1 per channel, as the training images have them.
class Looks {
 public:
  Looks(const Images& images, const std::vector<std::uint32_t>& training) : images_(images) {
    const auto channels = static_cast<std::size_t>(images.channels);
    std::vector<double> sum(channels, 0.0), squares(channels, 0.0);
    for (const std::uint32_t i : training) {
      const std::uint8_t* image = images.image(i);
      for (std::size_t p = 0; p < images.image_bytes(); ++p) {
        sum[p % channels] += image[p];
        squares[p % channels] += static_cast<double>(image[p]) * image[p];
      }
    }
    const double count = static_cast<double>(training.size()) * images.height * images.width;
    for (std::size_t c = 0; c < channels; ++c) {
      const double mean = sum[c] / count, deviation = std::sqrt(std::max(1e-6, squares[c] / count - mean * mean));
      scale_.push_back(static_cast<float>(1.0 / deviation));
      shift_.push_back(static_cast<float>(-mean / deviation));
    }
  }

  /// Image i, moved by (down, right) and mirrored.
  void write(std::uint32_t i, int down, int right, bool mirrored, float* to) const {
    const auto channels = static_cast<std::size_t>(images_.channels);
    const std::uint8_t* image = images_.image(i);
    for (int y = 0; y < images_.height; ++y)
      for (int x = 0; x < images_.width; ++x) {
        const int fy = y + down, fx = (mirrored ? images_.width - 1 - x : x) + right;
        const bool inside = fy >= 0 && fy < images_.height && fx >= 0 && fx < images_.width;
        const std::uint8_t* pixel =
            image + (static_cast<std::size_t>(inside ? fy : 0) * static_cast<std::size_t>(images_.width) +
                     static_cast<std::size_t>(inside ? fx : 0)) *
                        channels;
        for (std::size_t c = 0; c < channels; ++c)
          *to++ = (inside ? static_cast<float>(pixel[c]) : 0.0F) * scale_[c] + shift_[c];
      }
  }

 private:
  const Images& images_;
  std::vector<float> scale_, shift_;
};

class Training {
 public:
  Training(const TrainGraph& graph, const Images& images, const TrainingSplit& split, const TrainingOptions& options,
           const std::function<bool()>& stop)
      : images_(images),
        split_(split),
        options_(options),
        stop_(stop),
        looks_(images, split.training),
        model_(graph, options.seed),
        velocity_(model_.parameters().size(), 0.0F) {
    classes_ = static_cast<std::size_t>(graph.classes);
  }

  TrainingResult result() {
    TrainingResult result;
    double best = -1.0;
    int since = 0;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      const std::optional<double> loss = one_epoch(epoch);
      const std::optional<double> accuracy = loss && std::isfinite(*loss) ? validate() : std::nullopt;
      if (loss && !std::isfinite(*loss)) {
        result.failure = fmt::format("training diverged in epoch {}: a smaller rate may help", epoch + 1);
        return result;
      }
      if (!accuracy) {
        result.stopped = true;
        return result;
      }
      result.loss = *loss;
      result.accuracies.push_back(*accuracy);
      since = *accuracy > best ? 0 : since + 1;
      best = std::max(best, *accuracy);
      if (options_.patience > 0 && since >= options_.patience) break;
    }
    result.accuracy = options_.patience > 0 ? best : result.accuracies.back();
    return result;
  }

 private:
  bool stopping() const { return stop_ && stop_(); }

  void fill(const std::vector<std::uint32_t>& list, std::size_t first, std::size_t end, int epoch) {
    x_.resize((end - first) * images_.image_bytes());
    labels_.clear();
    for (std::size_t k = first; k < end; ++k) {
      int down = 0, right = 0;
      bool mirrored = false;
      if (epoch >= 0 && (options_.crop > 0 || options_.flip)) {
        Random random(options_.seed, {look_stream, static_cast<std::uint64_t>(epoch), list[k]});
        const auto shift = [&] {
          return static_cast<int>(random.below(2 * static_cast<std::uint64_t>(options_.crop) + 1)) - options_.crop;
        };
        down = shift();
        right = shift();
        mirrored = options_.flip && random.below(2) == 1;
      }
      looks_.write(list[k], down, right, mirrored, x_.data() + (k - first) * images_.image_bytes());
      labels_.push_back(images_.labels[list[k]]);
    }
  }

  std::optional<double> one_epoch(int epoch) {
    std::vector<std::uint32_t> order = split_.training;
    shuffle(order, Random(options_.seed, {order_stream, static_cast<std::uint64_t>(epoch)}));
    const auto batch = static_cast<std::size_t>(options_.batch);
    const std::size_t batches = (order.size() + batch - 1) / batch;
    double sum = 0.0;
    for (std::size_t b = 0; b < batches; ++b) {
      if (stopping()) return std::nullopt;
      const std::size_t first = b * batch, end = std::min(order.size(), first + batch);
      fill(order, first, end, epoch);
      model_.forward(x_, static_cast<int>(end - first), true);
      const double loss = model_.backward(labels_);
      if (!std::isfinite(loss)) return loss;
      sum += loss * static_cast<double>(end - first);
      const double share =
          (static_cast<double>(epoch) + static_cast<double>(b) / static_cast<double>(batches)) / options_.epochs;
      step(0.5 * options_.rate * (1.0 + std::cos(std::numbers::pi * share)));
    }
    return sum / static_cast<double>(order.size());
  }

  void step(double rate) {
    const std::span<float> w = model_.parameters();
    const std::span<const float> g = model_.gradient();
    const auto r = static_cast<float>(rate), m = static_cast<float>(options_.momentum),
               d = static_cast<float>(options_.decay);
    for (std::size_t i = 0; i < w.size(); ++i) {
      velocity_[i] = m * velocity_[i] + g[i] + (model_.is_weight(i) ? d * w[i] : 0.0F);
      w[i] -= r * velocity_[i];
    }
  }

  std::optional<double> validate() {
    const auto batch = static_cast<std::size_t>(options_.batch);
    std::size_t right = 0;
    for (std::size_t first = 0; first < split_.validation.size(); first += batch) {
      if (stopping()) return std::nullopt;
      const std::size_t end = std::min(split_.validation.size(), first + batch);
      fill(split_.validation, first, end, -1);
      const auto logits = model_.forward(x_, static_cast<int>(end - first), false);
      for (std::size_t i = 0; i < end - first; ++i) {
        const auto row = logits.subspan(i * classes_, classes_);
        right += std::max_element(row.begin(), row.end()) - row.begin() == labels_[i] ? 1 : 0;
      }
    }
    return static_cast<double>(right) / static_cast<double>(split_.validation.size());
  }

  const Images& images_;
  const TrainingSplit& split_;
  const TrainingOptions& options_;
  const std::function<bool()>& stop_;
  Looks looks_;
  TrainModel<float> model_;
  std::vector<float> velocity_, x_;
  std::vector<int> labels_;
  std::size_t classes_ = 2;
};

}  // namespace

TrainingSplit split(const Images& images, const TrainingOptions& options) {
  std::vector<std::uint32_t> all(images.size());
  std::iota(all.begin(), all.end(), 0U);
  shuffle(all, Random(options.seed, {split_stream}));
  const auto held =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(options.holdout * static_cast<double>(all.size()))),
                              options.holdout > 0 ? 1 : 0, all.size() - 1);
  TrainingSplit result;
  result.validation.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(held));
  result.training.assign(all.begin() + static_cast<std::ptrdiff_t>(held), all.end());
  return result;
}

TrainingResult train(const TrainGraph& graph, const Images& images, const TrainingSplit& split,
                     const TrainingOptions& options, const std::function<bool()>& stop) {
  const double needed = graph.bytes(options.batch) / 1e6;
  if (needed > options.memory_mb) {
    TrainingResult result;
    result.failure = fmt::format(
        "training takes {:.0f} MB with batches of {} images, allowed are {:.0f} (memory_mb); smaller batches take less",
        needed, options.batch, options.memory_mb);
    return result;
  }
  return Training(graph, images, split, options, stop).result();
}

}  // namespace dovetail
