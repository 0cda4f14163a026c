// Labelled images to train on: a user's files, or textures that the program makes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// Pixels of 8 bits, image by image, row by row, the channels of a pixel together.
struct Images {
  std::string source;  ///< the folder or file, or what was made
  std::string digest;  ///< of all bytes, or of what they were made from
  int channels = 1, height = 1, width = 1, classes = 2;
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;  ///< 0 .. classes - 1

  std::size_t size() const { return labels.size(); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  const std::uint8_t* image(std::size_t i) const { return pixels.data() + i * image_bytes(); }
};

/// What is read from a file at most: a header that promises more is a mistake before anything is allocated.
inline constexpr std::uint64_t most_image_bytes = std::uint64_t{1} << 30;

/// The images at a path:
///  - IDX (the form of MNIST): a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, or the images' file,
///  whose
///    name with `labels` and `idx1` for `images` and `idx3` is that of the labels; unsigned bytes, one channel;
///  - CIFAR binary: a folder with data_batch_1.bin ... (10 classes, rows of 1 + 3072 bytes) or train.bin (100 classes,
///  rows of
///    2 + 3072 bytes, the second label counts), or one such file; 3 x 32 x 32.
/// `classes` are those of the network: a label beyond them is a mistake. Every mistake names the file and the byte.
/// `named_at` is where the user named the path. Throws InputError.
Images load_images(const std::string& path, int classes, const Location& named_at);

/// A made task: class k is an oriented texture, a sine wave at the angle pi k / classes, of random phase, wavelength (3
/// to 6 pixels) and colour, under noise. `difficulty` is one number: at 0 neither noise nor a turn; at 1 the angle is
/// off by up to a quarter of the step between classes and the noise has three times the wave's amplitude.
struct Textures {
  int channels = 1, height = 16, width = 16, classes = 10;
  std::size_t count = 4000;
  double difficulty = 0.5;
  std::uint64_t seed = 0;
};
Images make_textures(const Textures& textures);

}  // namespace dovetail
