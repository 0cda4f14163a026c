// Reading IDX and CIFAR files: sizes are checked against the file before anything is allocated.
#include <dovetail/engine/train/images.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include <dovetail/engine/record/checksum.hpp>

namespace dovetail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_side = 1024;  // pixels of an image's height or width
constexpr std::uint64_t cifar_pixels = 3 * 32 * 32;

[[noreturn]] void fail(const fs::path& file, const std::string& message) {
  throw InputError({file.string(), 0, 0, ""}, message);
}

/// A file that is open, with its size.
struct Bytes {
  fs::path path;
  std::ifstream stream;
  std::uint64_t size = 0;

  Bytes(fs::path file, const Location& named_at) : path(std::move(file)) {
    std::error_code error;
    if (!fs::is_regular_file(path, error))
      throw InputError(named_at, fmt::format("{} is no file that can be read", path.string()));
    size = fs::file_size(path, error);
    stream.open(path, std::ios::binary);
    if (error || !stream) throw InputError(named_at, fmt::format("{} cannot be read", path.string()));
    if (size > most_image_bytes)
      fail(path, fmt::format("the file has {} bytes, allowed are {}", size, most_image_bytes));
  }
  void read(std::uint8_t* to, std::uint64_t count) {
    stream.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count));
    if (static_cast<std::uint64_t>(stream.gcount()) != count) fail(path, "the file ended while it was read");
  }
};

/// The sizes in an IDX header: 0 0, the type (8: unsigned bytes), how many sizes, and these as big-endian words.
std::vector<std::uint64_t> idx_header(Bytes& bytes, std::size_t dimensions) {
  const std::uint64_t length = 4 + 4 * dimensions;
  if (bytes.size < length)
    fail(bytes.path, fmt::format("byte {}: the file ends within its header of {} bytes", bytes.size, length));
  std::vector<std::uint8_t> head(length);
  bytes.read(head.data(), length);
  const std::uint8_t wanted[] = {0, 0, 8, static_cast<std::uint8_t>(dimensions)};
  if (!std::equal(wanted, wanted + 4, head.begin())) {
    const bool packed = head[0] == 0x1f && head[1] == 0x8b;
    fail(
        bytes.path,
        fmt::format(
            "byte 0: the file begins with {:02x} {:02x} {:02x} {:02x}, an IDX file of {} begins with 00 00 08 {:02x}{}",
            head[0], head[1], head[2], head[3], dimensions == 3 ? "images" : "labels", dimensions,
            packed ? "; it is compressed: unpack it with gunzip" : ""));
  }
  std::vector<std::uint64_t> sizes;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | head[4 + 4 * d + i];
    sizes.push_back(value);
  }
  return sizes;
}

void check_labels(const fs::path& file, const std::vector<std::uint8_t>& labels, int classes, std::uint64_t first_byte,
                  std::uint64_t step) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= classes)
      fail(file, fmt::format("byte {}: the label of image {} is {}, allowed are 0 to {}: the network has {} classes",
                             first_byte + step * i, i, labels[i], classes - 1, classes));
}

std::string digest_of(const std::vector<std::uint8_t>& pixels, const std::vector<std::uint8_t>& labels) {
  const auto text = [](const std::vector<std::uint8_t>& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  return fmt::format("{:016x}{:016x}", siphash24(text(pixels), 1, 2), siphash24(text(labels), 3, 4));
}

Images load_idx(const fs::path& images_file, const fs::path& labels_file, int classes, const Location& named_at) {
  Bytes bytes(images_file, named_at), label_bytes(labels_file, named_at);
  const auto sizes = idx_header(bytes, 3), label_sizes = idx_header(label_bytes, 1);
  const std::uint64_t count = sizes[0], height = sizes[1], width = sizes[2];
  if (height < 1 || width < 1 || height > most_side || width > most_side)
    fail(images_file,
         fmt::format("byte 8: images of {} x {} pixels, allowed are sides of 1 to {}", height, width, most_side));
  const auto expect = [](const Bytes& file, std::uint64_t length, const std::string& what) {
    if (file.size != length)
      fail(file.path, fmt::format("byte 4: the header says {}, a file of {} bytes, and the file has {}{}", what, length,
                                  file.size, file.size < length ? ": it is cut off, or the header is wrong" : ""));
  };
  expect(bytes, 16 + count * height * width, fmt::format("{} images of {} x {}", count, height, width));
  expect(label_bytes, 8 + label_sizes[0], fmt::format("{} labels", label_sizes[0]));
  if (label_sizes[0] != count)
    fail(labels_file, fmt::format("byte 4: {} labels, and {} has {} images", label_sizes[0],
                                  images_file.filename().string(), count));
  if (count == 0) fail(images_file, "byte 4: there are no images");
  Images images;
  images.height = static_cast<int>(height);
  images.width = static_cast<int>(width);
  images.classes = classes;
  images.pixels.resize(count * height * width);
  bytes.read(images.pixels.data(), images.pixels.size());
  std::vector<std::uint8_t> labels(count);
  label_bytes.read(labels.data(), count);
  check_labels(labels_file, labels, classes, 8, 1);
  images.labels.assign(labels.begin(), labels.end());
  images.digest = digest_of(images.pixels, labels);
  return images;
}

Images load_cifar(const std::vector<fs::path>& files, int label_bytes, int classes, const Location& named_at) {
  Images images;
  images.channels = 3;
  images.height = images.width = 32;
  images.classes = classes;
  const std::uint64_t row = static_cast<std::uint64_t>(label_bytes) + cifar_pixels;
  std::vector<std::uint8_t> all_labels;
  for (const fs::path& file : files) {
    Bytes bytes(file, named_at);
    if (bytes.size == 0 || bytes.size % row != 0)
      fail(file, fmt::format("byte {}: the file has {} bytes, which is no whole number of rows of {} bytes ({} label{} "
                             "and 3 x 32 x 32 "
                             "pixels): it is cut off, or no CIFAR binary file",
                             bytes.size - bytes.size % row, bytes.size, row, label_bytes, label_bytes == 1 ? "" : "s"));
    const std::uint64_t count = bytes.size / row;
    if (images.pixels.size() + count * cifar_pixels > most_image_bytes)
      fail(file, fmt::format("all files have more than {} bytes", most_image_bytes));
    std::vector<std::uint8_t> line(row), labels;
    const std::size_t first = images.pixels.size();
    images.pixels.resize(first + count * cifar_pixels);
    for (std::uint64_t i = 0; i < count; ++i) {
      bytes.read(line.data(), row);
      labels.push_back(line[static_cast<std::size_t>(label_bytes) - 1]);
      std::uint8_t* to = images.pixels.data() + first + i * cifar_pixels;
      const std::uint8_t* planes = line.data() + label_bytes;
      for (std::size_t p = 0; p < 1024; ++p)
        for (std::size_t c = 0; c < 3; ++c) to[3 * p + c] = planes[1024 * c + p];
    }
    check_labels(file, labels, classes, static_cast<std::uint64_t>(label_bytes) - 1, row);
    all_labels.insert(all_labels.end(), labels.begin(), labels.end());
  }
  images.labels.assign(all_labels.begin(), all_labels.end());
  images.digest = digest_of(images.pixels, all_labels);
  return images;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.rfind(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::optional<Images> load_folder(const fs::path& folder, int classes, const Location& named_at) {
  std::error_code error;
  for (const char* name : {"train-images-idx3-ubyte", "train-images.idx3-ubyte"}) {
    const fs::path file = folder / name;
    if (fs::exists(file, error))
      return load_idx(file, folder / replaced(replaced(name, "images", "labels"), "idx3", "idx1"), classes, named_at);
  }
  std::vector<fs::path> batches;
  for (int i = 1; i <= 5; ++i) {
    const fs::path file = folder / fmt::format("data_batch_{}.bin", i);
    if (fs::exists(file, error)) batches.push_back(file);
  }
  if (!batches.empty()) return load_cifar(batches, 1, classes, named_at);
  if (fs::exists(folder / "train.bin", error)) return load_cifar({folder / "train.bin"}, 2, classes, named_at);
  return std::nullopt;
}

}  // namespace

Images load_images(const std::string& path, int classes, const Location& named_at) {
  const fs::path file = path;
  std::error_code error;
  std::optional<Images> images;
  if (fs::is_directory(file, error)) {
    images = load_folder(file, classes, named_at);
    if (!images)
      throw InputError(named_at,
                       fmt::format("{} has neither train-images-idx3-ubyte nor data_batch_1.bin nor train.bin", path));
  } else if (file.extension() == ".bin") {
    images =
        load_cifar({file}, file.filename() == "train.bin" || file.filename() == "test.bin" ? 2 : 1, classes, named_at);
  } else if (file.filename().string().find("images") != std::string::npos) {
    images = load_idx(
        file, file.parent_path() / replaced(replaced(file.filename().string(), "images", "labels"), "idx3", "idx1"),
        classes, named_at);
  } else if (fs::exists(file, error)) {
    throw InputError(
        named_at,
        fmt::format("{} is neither a folder, nor a .bin file of CIFAR, nor an IDX file with 'images' in its name",
                    path));
  } else {
    throw InputError(named_at, fmt::format("there is no file or folder {}", path));
  }
  images->source = path;
  return std::move(*images);
}

}  // namespace dovetail
