// Malformed image files: each a message that names the file and the byte, before anything large is allocated.
#include <doctest/doctest.h>

#include <dovetail/engine/train/images.hpp>

#include "support/program.hpp"

using namespace dovetail;
using dovetail::testing::Folder;

namespace {

std::string word(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}
std::string idx_images(std::uint32_t count, std::uint32_t height, std::uint32_t width, std::size_t bytes) {
  return std::string("\0\0\x08\x03", 4) + word(count) + word(height) + word(width) + std::string(bytes, '\x40');
}
std::string idx_labels(std::uint32_t count, const std::string& labels) {
  return std::string("\0\0\x08\x01", 4) + word(count) + labels;
}

std::string message_of(const std::string& path, int classes = 10) {
  try {
    load_images(path, classes, {"study.yaml", 3, 7, ""});
  } catch (const InputError& error) {
    return to_string(error.diagnostics().front());
  }
  return "read";
}

void check(const std::string& message, const std::string& part) {
  CAPTURE(message);
  CHECK(message.find(part) != std::string::npos);
}

struct Idx : Folder {
  std::string with(const std::string& images, const std::string& labels, int classes = 10) const {
    write("train-images-idx3-ubyte", images);
    write("train-labels-idx1-ubyte", labels);
    return message_of(path.string(), classes);
  }
};

}  // namespace

TEST_CASE("IDX files") {
  const Idx idx;
  const std::string labels = idx_labels(3, std::string("\1\2\3", 3));
  CHECK(idx.with(idx_images(3, 4, 5, 60), labels) == "read");
  const Images images = load_images(idx.path.string(), 10, {});
  CHECK(images.size() == 3);
  CHECK(images.height == 4);
  CHECK(images.width == 5);
  CHECK(images.labels == std::vector<int>{1, 2, 3});

  check(idx.with(idx_images(3, 4, 5, 59), labels),
        "train-images-idx3-ubyte: byte 4: the header says 3 images of 4 x 5, a file of 76 bytes, and the file has 75: "
        "it is cut off");
  check(idx.with(idx_images(3, 4, 5, 61), labels), "and the file has 77");
  check(idx.with(idx_images(0xffffffffU, 1000, 1000, 60), labels),
        "a file of 4294967295000016 bytes, and the file has 76");
  check(idx.with(idx_images(3, 0x7fffffffU, 0x7fffffffU, 60), labels),
        "byte 8: images of 2147483647 x 2147483647 pixels");
  check(idx.with(idx_images(3, 0, 5, 0), labels), "byte 8: images of 0 x 5");
  check(idx.with(idx_images(0, 4, 5, 0), idx_labels(0, "")), "there are no images");
  check(idx.with("", labels), "byte 0: the file ends within its header");
  check(idx.with(std::string("\0\0\x08\x03\0", 5), labels), "byte 5: the file ends within its header of 16 bytes");
  check(idx.with(std::string("\x1f\x8b\x08\x08", 4) + std::string(40, 'x'), labels), "it is compressed: unpack it");
  check(idx.with(labels + std::string(20, 'x'), labels),
        "begins with 00 00 08 01, an IDX file of images begins with 00 00 08 03");
  check(idx.with(idx_images(3, 4, 5, 60), idx_images(3, 4, 5, 60)),
        "train-labels-idx1-ubyte: byte 0: the file begins with 00 00 08 03");
  check(idx.with(idx_images(3, 4, 5, 60), idx_labels(2, "\1\2")), "2 labels, and train-images-idx3-ubyte has 3 images");
  check(idx.with(idx_images(3, 4, 5, 60), idx_labels(3, "\1\2")), "byte 4: the header says 3 labels");
  check(idx.with(idx_images(3, 4, 5, 60), idx_labels(3, std::string("\1\2\12", 3))),
        "byte 10: the label of image 2 is 10, allowed are 0 to 9: the network has 10 classes");
  check(idx.with(idx_images(3, 4, 5, 60), labels, 3), "byte 10: the label of image 2 is 3, allowed are 0 to 2");
}

TEST_CASE("CIFAR files") {
  const Folder folder;
  const std::string row = std::string(1, '\5') + std::string(3072, 'a');
  folder.write("data_batch_1.bin", row + row);
  folder.write("data_batch_2.bin", row);
  const Images images = load_images(folder.path.string(), 10, {});
  CHECK(images.size() == 3);
  CHECK(images.channels == 3);
  folder.write("data_batch_2.bin", row + row.substr(0, 100));
  check(message_of(folder.path.string()),
        "data_batch_2.bin: byte 3073: the file has 3173 bytes, which is no whole number of rows of 3073 bytes");
  folder.write("data_batch_2.bin", "");
  check(message_of(folder.path.string()), "data_batch_2.bin: byte 0: the file has 0 bytes");
  folder.write("data_batch_2.bin", row + std::string(1, '\xff') + std::string(3072, 'a'));
  check(message_of(folder.path.string()),
        "data_batch_2.bin: byte 3073: the label of image 1 is 255, allowed are 0 to 9");
  const Folder hundred;
  hundred.write("train.bin", std::string("\3\x63", 2) + std::string(3072, 'a'));
  CHECK(load_images(hundred.path.string(), 100, {}).labels == std::vector<int>{99});
  check(message_of(hundred.path.string(), 10), "byte 1: the label of image 0 is 99");
}

TEST_CASE("paths") {
  const Folder folder;
  check(message_of(folder.path.string()),
        "study.yaml:3:7: " + folder.path.string() +
            " has neither train-images-idx3-ubyte nor data_batch_1.bin nor train.bin");
  check(message_of(folder.file("nowhere")), "study.yaml:3:7: there is no file or folder");
  check(message_of(folder.write("notes.txt", "hello")), "is neither a folder, nor a .bin file");
  folder.write("train-images-idx3-ubyte", idx_images(3, 4, 5, 60));
  check(message_of(folder.path.string()), "train-labels-idx1-ubyte is no file that can be read");
  // A sparse file larger than anything that is read: refused by its size.
  const std::string large = folder.write("large.bin", "");
  std::filesystem::resize_file(large, (std::uint64_t{1} << 30) + 3073);
  check(message_of(large), "the file has 1073744897 bytes, allowed are 1073741824");
}
