// The made task: oriented waves under noise.
#include <dovetail/engine/train/images.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <dovetail/spaces/space/random.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t texture_stream = 0x74657874;  // "text"
constexpr double amplitude = 50.0;                    // of 256 grey levels

std::uint8_t grey(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

Images make_textures(const Textures& t) {
  Images images;
  images.channels = t.channels;
  images.height = t.height;
  images.width = t.width;
  images.classes = t.classes;
  images.source = fmt::format("generated: {} oriented textures, {} images of {}x{}x{}, difficulty {}", t.classes,
                              t.count, t.channels, t.height, t.width, t.difficulty);
  images.digest = fmt::format("textures {} {} {} {} {} {} {}", t.channels, t.height, t.width, t.classes, t.count,
                              t.difficulty, t.seed);
  images.pixels.reserve(t.count * images.image_bytes());
  const double step = std::numbers::pi / t.classes;
  std::vector<double> colour(static_cast<std::size_t>(t.channels), 1.0);
  for (std::size_t i = 0; i < t.count; ++i) {
    Random random(t.seed, {texture_stream, i});
    const int label = static_cast<int>(i % static_cast<std::size_t>(t.classes));
    const double angle = step * (label + 0.25 * t.difficulty * random.uniform(-1.0, 1.0));
    const double turns = 2.0 * std::numbers::pi / random.uniform(3.0, 6.0),
                 phase = random.uniform(0.0, 2.0 * std::numbers::pi);
    if (t.channels > 1)
      for (double& part : colour) part = random.uniform(0.5, 1.0);
    const double noise = 3.0 * t.difficulty;
    for (int y = 0; y < t.height; ++y) {
      for (int x = 0; x < t.width; ++x) {
        const double wave = std::sin(turns * (x * std::cos(angle) + y * std::sin(angle)) + phase);
        for (const double part : colour)
          images.pixels.push_back(grey(128.0 + amplitude * (part * wave + noise * random.normal())));
      }
    }
    images.labels.push_back(label);
  }
  return images;
}

}  // namespace dovetail
