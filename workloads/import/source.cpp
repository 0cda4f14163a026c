#include <dovetail/workloads/import/source.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>

namespace dovetail {
namespace {

constexpr std::size_t head_bytes = 4096;

std::string suffix_of(const std::string& path) {
  std::string suffix = std::filesystem::path(path).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
  return suffix;
}

}  // namespace

Source::Source(std::string path) : path_(std::move(path)), suffix_(suffix_of(path_)) {
  std::error_code error;
  const auto status = std::filesystem::status(path_, error);
  if (!std::filesystem::exists(status)) throw InputError({path_, 0, 0, ""}, "there is no such file");
  if (std::filesystem::is_directory(status))
    throw InputError({path_, 0, 0, ""}, "this is a directory, expected a file");
  std::ifstream stream(path_, std::ios::binary);
  if (!stream) throw InputError({path_, 0, 0, ""}, "the file cannot be read");
  head_.resize(head_bytes);
  stream.read(head_.data(), static_cast<std::streamsize>(head_bytes));
  head_.resize(static_cast<std::size_t>(stream.gcount()));
}

Source::Source(std::string path, std::string text)
    : path_(std::move(path)),
      suffix_(suffix_of(path_)),
      head_(text.substr(0, head_bytes)),
      text_(std::move(text)) {}

const std::string& Source::text() const {
  if (!text_) text_ = read_text(path_);
  return *text_;
}

const Node& Source::yaml() const {
  if (!yaml_) yaml_ = parse_foreign_yaml(text(), path_);
  return *yaml_;
}

}  // namespace dovetail
