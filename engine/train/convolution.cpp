// The convolutions: windows of some output rows at a time, small enough to stay in the cache.
#include <dovetail/engine/train/convolution.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>

namespace dovetail {
namespace {

constexpr std::size_t window_elements = 96 * 1024;  // of a block of columns

template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
template <class S>
using MapOf = Eigen::Map<Matrix<S>, 0, Eigen::OuterStride<>>;
template <class S>
using ConstMap = Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>>;

std::size_t size_of(int a) {
  return static_cast<std::size_t>(a);
}

/// What a group sees of the sizes.
struct Group {
  int in, out, window;  // channels, and elements of a window
};

Group group_of(const ConvSizes& s) {
  const int in = s.in_channels / s.groups;
  return {in, s.out_channels / s.groups, in * s.kernel * s.kernel};
}

/// Whether the map itself is the matrix of windows.
bool plain(const ConvSizes& s) {
  return s.kernel == 1 && s.stride == 1 && s.padding == 0;
}

/// Output rows of all images that are treated together.
int rows_together(const ConvSizes& s, const Group& g) {
  const std::size_t row = size_of(g.window) * size_of(s.out_width);
  return std::max(1, static_cast<int>(window_elements / std::max<std::size_t>(1, row)));
}

/// Visits the windows of output rows first .. end - 1 (rows of all images counted through): per window and kernel row
/// the columns of the map that it covers. `visit(column, element offset in the window, pointer offset in x, pixels)`;
/// parts that lie outside of the map are not visited.
template <class Visit>
void for_windows(const ConvSizes& s, int channels, int first, int end, Visit visit) {
  std::size_t column = 0;
  for (int r = first; r < end; ++r) {
    const int image = r / s.out_height, oy = r % s.out_height;
    for (int ox = 0; ox < s.out_width; ++ox, ++column) {
      const int left = ox * s.stride - s.padding, from = std::max(0, left), to = std::min(s.in_width, left + s.kernel);
      if (from >= to) continue;
      for (int ky = 0; ky < s.kernel; ++ky) {
        const int iy = oy * s.stride - s.padding + ky;
        if (iy < 0 || iy >= s.in_height) continue;
        const std::size_t pixel =
            (size_of(image) * size_of(s.in_height) + size_of(iy)) * size_of(s.in_width) + size_of(from);
        visit(column, (size_of(ky) * size_of(s.kernel) + size_of(from - left)) * size_of(channels), pixel, to - from);
      }
    }
  }
}

template <class S>
void to_columns(const ConvSizes& s, const Group& g, int group, int first, int end, const S* x, S* columns) {
  const std::size_t count = size_of(end - first) * size_of(s.out_width) * size_of(g.window);
  if (s.padding > 0) std::fill(columns, columns + count, S(0));
  for_windows(s, g.in, first, end, [&](std::size_t column, std::size_t offset, std::size_t pixel, int pixels) {
    S* to = columns + column * size_of(g.window) + offset;
    const S* from = x + pixel * size_of(s.in_channels) + size_of(group) * size_of(g.in);
    if (s.groups == 1) {
      std::copy(from, from + size_of(pixels) * size_of(g.in), to);
      return;
    }
    for (int p = 0; p < pixels; ++p, to += g.in, from += s.in_channels) std::copy(from, from + g.in, to);
  });
}

template <class S>
void from_columns(const ConvSizes& s, const Group& g, int group, int first, int end, const S* columns, S* dx) {
  for_windows(s, g.in, first, end, [&](std::size_t column, std::size_t offset, std::size_t pixel, int pixels) {
    const S* from = columns + column * size_of(g.window) + offset;
    S* to = dx + pixel * size_of(s.in_channels) + size_of(group) * size_of(g.in);
    const int rows = s.groups == 1 ? 1 : pixels, length = s.groups == 1 ? pixels * g.in : g.in;
    for (int p = 0; p < rows; ++p, to += s.in_channels, from += g.in)
      for (int i = 0; i < length; ++i) to[i] += from[i];
  });
}

/// Visits output pixel, input pixel and position in the kernel of every product of a depthwise convolution.
template <class Visit>
void for_depthwise(const ConvSizes& s, int images, Visit visit) {
  std::size_t out = 0;
  for (int r = 0; r < images * s.out_height; ++r) {
    const int image = r / s.out_height, oy = r % s.out_height;
    for (int ox = 0; ox < s.out_width; ++ox, ++out) {
      for (int ky = 0; ky < s.kernel; ++ky) {
        const int iy = oy * s.stride - s.padding + ky;
        if (iy < 0 || iy >= s.in_height) continue;
        for (int kx = 0; kx < s.kernel; ++kx) {
          const int ix = ox * s.stride - s.padding + kx;
          if (ix < 0 || ix >= s.in_width) continue;
          visit(out, (size_of(image) * size_of(s.in_height) + size_of(iy)) * size_of(s.in_width) + size_of(ix),
                size_of(ky * s.kernel + kx));
        }
      }
    }
  }
}

}  // namespace

std::size_t ConvSizes::weights() const {
  return size_of(out_channels) * size_of(in_channels / groups) * size_of(kernel) * size_of(kernel);
}

template <class S>
void conv_forward(const ConvSizes& s, int images, const S* x, const S* w, S* y, std::vector<S>& scratch) {
  const std::size_t channels = size_of(s.out_channels);
  if (s.depthwise()) {
    std::fill(y, y + size_of(images) * size_of(s.out_height) * size_of(s.out_width) * channels, S(0));
    for_depthwise(s, images, [&](std::size_t out, std::size_t in, std::size_t k) {
      S* to = y + out * channels;
      const S *from = x + in * channels, *weight = w + k * channels;
      for (std::size_t c = 0; c < channels; ++c) to[c] += weight[c] * from[c];
    });
    return;
  }
  const Group g = group_of(s);
  const int rows = images * s.out_height, step = rows_together(s, g);
  if (!plain(s) || s.groups > 1)
    scratch.resize(std::max(scratch.size(), size_of(std::min(step, rows)) * size_of(s.out_width) * size_of(g.window)));
  for (int first = 0; first < rows; first += step) {
    const int end = std::min(rows, first + step), pixels = (end - first) * s.out_width;
    const std::size_t at = size_of(first) * size_of(s.out_width);
    for (int group = 0; group < s.groups; ++group) {
      const S* columns = x + at * size_of(s.in_channels);
      if (!plain(s) || s.groups > 1) {
        to_columns(s, g, group, first, end, x, scratch.data());
        columns = scratch.data();
      }
      const ConstMap<S> weights(w + size_of(group) * size_of(g.out) * size_of(g.window), g.out, g.window,
                                Eigen::OuterStride<>(g.out));
      const ConstMap<S> windows(columns, g.window, pixels, Eigen::OuterStride<>(g.window));
      MapOf<S> result(y + at * channels + size_of(group) * size_of(g.out), g.out, pixels,
                      Eigen::OuterStride<>(s.out_channels));
      result.noalias() = weights * windows;
    }
  }
}

template <class S>
void conv_backward(const ConvSizes& s, int images, const S* x, const S* w, const S* dy, S* dw, S* dx,
                   std::vector<S>& scratch) {
  const std::size_t channels = size_of(s.out_channels);
  if (dx != nullptr)
    std::fill(dx, dx + size_of(images) * size_of(s.in_height) * size_of(s.in_width) * size_of(s.in_channels), S(0));
  if (s.depthwise()) {
    for_depthwise(s, images, [&](std::size_t out, std::size_t in, std::size_t k) {
      const S *gradient = dy + out * channels, *from = x + in * channels, *weight = w + k * channels;
      S* to = dw + k * channels;
      for (std::size_t c = 0; c < channels; ++c) to[c] += gradient[c] * from[c];
      if (dx == nullptr) return;
      S* back = dx + in * channels;
      for (std::size_t c = 0; c < channels; ++c) back[c] += gradient[c] * weight[c];
    });
    return;
  }
  const Group g = group_of(s);
  const bool direct = plain(s) && s.groups == 1;
  const int rows = images * s.out_height, step = rows_together(s, g);
  if (!direct)
    scratch.resize(std::max(scratch.size(), size_of(std::min(step, rows)) * size_of(s.out_width) * size_of(g.window)));
  for (int first = 0; first < rows; first += step) {
    const int end = std::min(rows, first + step), pixels = (end - first) * s.out_width;
    const std::size_t at = size_of(first) * size_of(s.out_width);
    for (int group = 0; group < s.groups; ++group) {
      const S* columns = x + at * size_of(s.in_channels);
      if (!direct) {
        to_columns(s, g, group, first, end, x, scratch.data());
        columns = scratch.data();
      }
      const std::size_t place = size_of(group) * size_of(g.out) * size_of(g.window);
      const ConstMap<S> windows(columns, g.window, pixels, Eigen::OuterStride<>(g.window));
      const ConstMap<S> gradient(dy + at * channels + size_of(group) * size_of(g.out), g.out, pixels,
                                 Eigen::OuterStride<>(s.out_channels));
      MapOf<S> weight_gradient(dw + place, g.out, g.window, Eigen::OuterStride<>(g.out));
      weight_gradient.noalias() += gradient * windows.transpose();
      if (dx == nullptr) continue;
      const ConstMap<S> weights(w + place, g.out, g.window, Eigen::OuterStride<>(g.out));
      MapOf<S> back(direct ? dx + at * size_of(s.in_channels) : scratch.data(), g.window, pixels,
                    Eigen::OuterStride<>(g.window));
      back.noalias() = weights.transpose() * gradient;
      if (!direct) from_columns(s, g, group, first, end, scratch.data(), dx);
    }
  }
}

template void conv_forward(const ConvSizes&, int, const float*, const float*, float*, std::vector<float>&);
template void conv_forward(const ConvSizes&, int, const double*, const double*, double*, std::vector<double>&);
template void conv_backward(const ConvSizes&, int, const float*, const float*, const float*, float*, float*,
                            std::vector<float>&);
template void conv_backward(const ConvSizes&, int, const double*, const double*, const double*, double*, double*,
                            std::vector<double>&);

}  // namespace dovetail
