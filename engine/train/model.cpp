// Forward and backward passes: only the convolutions' results are kept, what follows them is computed again when it is
// needed.
#include <dovetail/engine/train/model.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>

#include <dovetail/spaces/space/random.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr double epsilon = 1e-5;                      // in the deviation of batch norm
constexpr double momentum = 0.1;                      // of its running mean and variance
constexpr std::uint64_t weights_stream = 0x77656967;  // "weig"

/// Sums per channel of f(row): by double words over blocks of short sums.
template <class S, class Term>
std::vector<double> channel_sums(std::size_t channels, std::size_t rows, Term term) {
  constexpr std::size_t block = 256;
  std::vector<double> sums(channels, 0.0);
  std::vector<S> part(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    std::fill(part.begin(), part.end(), S(0));
    const std::size_t end = std::min(rows, first + block);
    for (std::size_t r = first; r < end; ++r) term(r, part.data());
    for (std::size_t c = 0; c < channels; ++c) sums[c] += static_cast<double>(part[c]);
  }
  return sums;
}

}  // namespace

template <class S>
TrainModel<S>::TrainModel(const TrainGraph& graph, std::uint64_t seed) : graph_(graph) {
  std::size_t count = 0;
  for (const TrainNode& node : graph.nodes) {
    Unit unit;
    unit.node = node;
    unit.sizes = {node.in_channels, node.out_channels, node.groups,   node.kernel,     node.stride,
                  node.padding,     node.in_height,    node.in_width, node.out_height, node.out_width};
    unit.weights = count;
    count += unit.sizes.weights();
    unit.scale = count;
    count += at(node.out_channels);
    unit.shift = count;
    count += at(node.out_channels);
    for (auto* list : {&unit.mean, &unit.kept_mean}) list->assign(at(node.out_channels), S(0));
    for (auto* list : {&unit.inverse, &unit.kept_variance}) list->assign(at(node.out_channels), S(1));
    units_.push_back(std::move(unit));
  }
  parameters_.assign(count, S(0));
  gradient_.assign(count, S(0));
  is_weight_.assign(count, 0);
  for (std::size_t u = 0; u < units_.size(); ++u) {
    const Unit& unit = units_[u];
    Random random(seed, {weights_stream, u});
    const double fan_in = static_cast<double>(unit.sizes.weights()) / unit.node.out_channels;
    for (std::size_t i = 0; i < unit.sizes.weights(); ++i) {
      parameters_[unit.weights + i] = static_cast<S>(random.normal() * std::sqrt(2.0 / fan_in));
      is_weight_[unit.weights + i] = 1;
    }
    std::fill_n(parameters_.begin() + static_cast<std::ptrdiff_t>(unit.scale), unit.node.out_channels, S(1));
  }
}

template <class S>
std::size_t TrainModel<S>::pixels(const Unit& unit) const {
  return at(images_) * at(unit.node.out_height) * at(unit.node.out_width);
}

template <class S>
std::span<const S> TrainModel<S>::forward(std::span<const S> x, int images, bool training) {
  images_ = images;
  image_ = x;
  for (Unit& unit : units_) {
    gather(unit, input_);
    unit.z.resize(pixels(unit) * at(unit.node.out_channels));
    const bool image_alone = unit.node.reads.size() == 1 && unit.node.reads[0].node < 0 && unit.node.reads[0].pool == 1;
    conv_forward(unit.sizes, images, image_alone ? image_.data() : input_.data(), parameters_.data() + unit.weights,
                 unit.z.data(), scratch_);
    if (!last(unit)) normalise(unit, training);
  }
  // The last layer: a shift instead of batch norm, and the mean over its map.
  const Unit& head = units_.back();
  const std::size_t classes = at(head.node.out_channels), area = at(head.node.out_height) * at(head.node.out_width);
  logits_.assign(at(images) * classes, S(0));
  for (std::size_t i = 0; i < at(images); ++i)
    for (std::size_t c = 0; c < classes; ++c) {
      S sum = S(0);
      for (std::size_t p = 0; p < area; ++p) sum += head.z[(i * area + p) * classes + c];
      logits_[i * classes + c] = sum / static_cast<S>(area) + parameters_[head.shift + c];
    }
  return logits_;
}

template <class S>
void TrainModel<S>::normalise(Unit& unit, bool training) {
  const std::size_t channels = at(unit.node.out_channels), rows = pixels(unit);
  if (!training) {
    for (std::size_t c = 0; c < channels; ++c) {
      unit.mean[c] = unit.kept_mean[c];
      unit.inverse[c] = static_cast<S>(1.0 / std::sqrt(static_cast<double>(unit.kept_variance[c]) + epsilon));
    }
    return;
  }
  const S* z = unit.z.data();
  const std::vector<double> sums = channel_sums<S>(channels, rows, [&](std::size_t r, S* part) {
    for (std::size_t c = 0; c < channels; ++c) part[c] += z[r * channels + c];
  });
  for (std::size_t c = 0; c < channels; ++c) unit.mean[c] = static_cast<S>(sums[c] / static_cast<double>(rows));
  const S* mean = unit.mean.data();
  const std::vector<double> squares = channel_sums<S>(channels, rows, [&](std::size_t r, S* part) {
    for (std::size_t c = 0; c < channels; ++c) {
      const S d = z[r * channels + c] - mean[c];
      part[c] += d * d;
    }
  });
  for (std::size_t c = 0; c < channels; ++c) {
    const double variance = squares[c] / static_cast<double>(rows);
    unit.inverse[c] = static_cast<S>(1.0 / std::sqrt(variance + epsilon));
    unit.kept_mean[c] = static_cast<S>((1.0 - momentum) * static_cast<double>(unit.kept_mean[c]) +
                                       momentum * static_cast<double>(unit.mean[c]));
    unit.kept_variance[c] =
        static_cast<S>((1.0 - momentum) * static_cast<double>(unit.kept_variance[c]) + momentum * variance);
  }
}

template <class S>
void TrainModel<S>::gather(const Unit& unit, std::vector<S>& to) const {
  const TrainNode& node = unit.node;
  if (node.reads.size() == 1 && node.reads[0].node < 0 && node.reads[0].pool == 1) return;  // read where it lies
  to.resize(at(images_) * at(node.in_height) * at(node.in_width) * at(node.in_channels));
  bool first = true;
  for (const TrainRead& read : node.reads) {
    add_read(read, unit, first, to.data());
    first = false;
  }
}

template <class S>
void TrainModel<S>::add_read(const TrainRead& read, const Unit& reader, bool first, S* to) const {
  const std::size_t channels = at(reader.node.in_channels);
  const Unit* from = read.node < 0 ? nullptr : &units_[at(read.node)];
  const S* z = from == nullptr ? image_.data() : from->z.data();
  std::vector<S> scale(channels, S(1)), shift(channels, S(0));
  if (from != nullptr)
    for (std::size_t c = 0; c < channels; ++c) {
      scale[c] = parameters_[from->scale + c] * from->inverse[c];
      shift[c] = parameters_[from->shift + c] - from->mean[c] * scale[c];
    }
  const S floor = from == nullptr ? std::numeric_limits<S>::lowest() : S(0);
  const auto active = [&](std::size_t pixel, std::size_t c) {
    return std::max(floor, z[pixel * channels + c] * scale[c] + shift[c]);
  };
  const std::size_t height = at(from == nullptr ? graph_.height : from->node.out_height),
                    width = at(from == nullptr ? graph_.width : from->node.out_width);
  if (first) std::fill(to, to + at(images_) * at(reader.node.in_height) * at(reader.node.in_width) * channels, S(0));
  if (read.pool == 1) {
    const std::size_t rows = at(images_) * height * width;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < channels; ++c) to[r * channels + c] += active(r, c);
    return;
  }
  if (read.pool == 0) {
    const S share = S(1) / static_cast<S>(height * width);
    for (std::size_t i = 0; i < at(images_); ++i)
      for (std::size_t p = 0; p < height * width; ++p)
        for (std::size_t c = 0; c < channels; ++c) to[i * channels + c] += share * active(i * height * width + p, c);
    return;
  }
  const std::size_t pool = at(read.pool), rows = height / pool, columns = width / pool;
  for (std::size_t i = 0; i < at(images_); ++i)
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x)
        for (std::size_t c = 0; c < channels; ++c) {
          S most = std::numeric_limits<S>::lowest();
          for (std::size_t dy = 0; dy < pool; ++dy)
            for (std::size_t dx = 0; dx < pool; ++dx)
              most = std::max(most, active((i * height + y * pool + dy) * width + x * pool + dx, c));
          to[((i * rows + y) * columns + x) * channels + c] += most;
        }
}

template <class S>
double TrainModel<S>::backward(std::span<const int> labels) {
  std::fill(gradient_.begin(), gradient_.end(), S(0));
  Unit& head = units_.back();
  const std::size_t classes = at(head.node.out_channels), area = at(head.node.out_height) * at(head.node.out_width);
  head.gradient.resize(head.z.size());
  double loss = 0.0;
  for (std::size_t i = 0; i < at(images_); ++i) {
    const S* row = logits_.data() + i * classes;
    const double most = static_cast<double>(*std::max_element(row, row + classes));
    double sum = 0.0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c]) - most);
    const std::size_t label = at(labels[i]);
    loss += std::log(sum) - (static_cast<double>(row[label]) - most);
    for (std::size_t c = 0; c < classes; ++c) {
      const double p = std::exp(static_cast<double>(row[c]) - most) / sum;
      const S d = static_cast<S>((p - (c == label ? 1.0 : 0.0)) / images_);
      gradient_[head.shift + c] += d;
      for (std::size_t pixel = 0; pixel < area; ++pixel)
        head.gradient[(i * area + pixel) * classes + c] = d / static_cast<S>(area);
    }
  }
  for (std::size_t u = units_.size(); u-- > 0;) {
    Unit& unit = units_[u];
    if (!last(unit)) through_norm(unit);
    const TrainNode& node = unit.node;
    const bool image_alone = node.reads.size() == 1 && node.reads[0].node < 0 && node.reads[0].pool == 1;
    const bool to_units =
        std::any_of(node.reads.begin(), node.reads.end(), [](const TrainRead& read) { return read.node >= 0; });
    gather(unit, input_);
    if (to_units) back_.resize(at(images_) * at(node.in_height) * at(node.in_width) * at(node.in_channels));
    conv_backward(unit.sizes, images_, image_alone ? image_.data() : input_.data(), parameters_.data() + unit.weights,
                  unit.gradient.data(), gradient_.data() + unit.weights, to_units ? back_.data() : nullptr, scratch_);
    if (to_units) scatter(unit, back_);
    input_.swap(unit.gradient);  // its memory serves the next unit
    unit.gradient.clear();
  }
  return loss / images_;
}

// From the gradient of relu(scale (z - mean) / deviation + shift) to that of z; Ioffe and Szegedy, "Batch
// normalization", ICML 2015.
template <class S>
void TrainModel<S>::through_norm(Unit& unit) {
  const std::size_t channels = at(unit.node.out_channels), rows = pixels(unit);
  S* gradient = unit.gradient.data();
  const S *z = unit.z.data(), *mean = unit.mean.data(), *inverse = unit.inverse.data(),
          *scale = parameters_.data() + unit.scale, *shift = parameters_.data() + unit.shift;
  std::vector<S> factor(channels), offset(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    factor[c] = scale[c] * inverse[c];
    offset[c] = shift[c] - mean[c] * factor[c];
  }
  const S *f = factor.data(), *o = offset.data();
  const std::vector<double> shifts = channel_sums<S>(channels, rows, [&](std::size_t r, S* part) {
    S* g = gradient + r * channels;
    const S* from = z + r * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      g[c] = from[c] * f[c] + o[c] > S(0) ? g[c] : S(0);
      part[c] += g[c];
    }
  });
  const std::vector<double> scales = channel_sums<S>(channels, rows, [&](std::size_t r, S* part) {
    const S *g = gradient + r * channels, *from = z + r * channels;
    for (std::size_t c = 0; c < channels; ++c) part[c] += g[c] * ((from[c] - mean[c]) * inverse[c]);
  });
  std::vector<S> a(channels), b(channels);  // dz = factor (g - a - b xhat)
  for (std::size_t c = 0; c < channels; ++c) {
    gradient_[unit.shift + c] += static_cast<S>(shifts[c]);
    gradient_[unit.scale + c] += static_cast<S>(scales[c]);
    a[c] = static_cast<S>(shifts[c] / static_cast<double>(rows));
    b[c] = static_cast<S>(scales[c] / static_cast<double>(rows)) * inverse[c];
  }
  for (std::size_t r = 0; r < rows; ++r) {
    S* g = gradient + r * channels;
    const S* from = z + r * channels;
    for (std::size_t c = 0; c < channels; ++c) g[c] = f[c] * (g[c] - a[c] - b[c] * (from[c] - mean[c]));
  }
}

template <class S>
void TrainModel<S>::scatter(const Unit& unit, std::vector<S>& dx) {
  const std::size_t channels = at(unit.node.in_channels);
  const bool alone = unit.node.reads.size() == 1;
  for (const TrainRead& read : unit.node.reads) {
    if (read.node < 0) continue;
    Unit& from = units_[at(read.node)];
    const std::size_t height = at(from.node.out_height), width = at(from.node.out_width), count = from.z.size();
    if (alone && read.pool == 1 && from.gradient.empty()) {
      from.gradient.swap(dx);
      return;
    }
    if (from.gradient.empty()) from.gradient.assign(count, S(0));
    S* to = from.gradient.data();
    if (read.pool == 1) {
      for (std::size_t i = 0; i < count; ++i) to[i] += dx[i];
    } else if (read.pool == 0) {
      const S share = S(1) / static_cast<S>(height * width);
      for (std::size_t i = 0; i < at(images_); ++i)
        for (std::size_t p = 0; p < height * width; ++p)
          for (std::size_t c = 0; c < channels; ++c)
            to[(i * height * width + p) * channels + c] += share * dx[i * channels + c];
    } else {
      const std::size_t pool = at(read.pool), rows = height / pool, columns = width / pool;
      for (std::size_t i = 0; i < at(images_); ++i)
        for (std::size_t y = 0; y < rows; ++y)
          for (std::size_t x = 0; x < columns; ++x)
            for (std::size_t c = 0; c < channels; ++c) {
              // The first of the largest; relu(scale z + shift) as in add_read.
              const S scale = parameters_[from.scale + c] * from.inverse[c],
                      shift = parameters_[from.shift + c] - from.mean[c] * scale;
              std::size_t best = 0;
              S most = std::numeric_limits<S>::lowest();
              for (std::size_t dy = 0; dy < pool; ++dy)
                for (std::size_t dx_ = 0; dx_ < pool; ++dx_) {
                  const std::size_t at = ((i * height + y * pool + dy) * width + x * pool + dx_) * channels + c;
                  const S value = std::max(S(0), from.z[at] * scale + shift);
                  if (value > most) most = value, best = at;
                }
              to[best] += dx[((i * rows + y) * columns + x) * channels + c];
            }
    }
  }
}

template class TrainModel<float>;
template class TrainModel<double>;

}  // namespace dovetail
