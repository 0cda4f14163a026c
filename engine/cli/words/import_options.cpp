#include "import_options.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dovetail::cli {
namespace {

// NAME=SIZE; the name of a tensor's size may hold any letter.
void add_size(const std::string& text, ImportOptions& options) {
  const std::size_t equals = text.rfind('=');
  std::int64_t size = 0;
  const char* const end = text.data() + text.size();
  const char* const start = equals == std::string::npos ? end : text.data() + equals + 1;
  const auto [stop, code] = std::from_chars(start, end, size);
  if (equals == std::string::npos || equals == 0 || code != std::errc() || stop != end || size < 1)
    throw CLI::ValidationError("--dim", fmt::format("expected NAME=SIZE such as batch=1, found {}", text));
  options.sizes[text.substr(0, equals)] = size;
}

}  // namespace

void add_import_options(CLI::App& command, ImportOptions& options) {
  std::string help = "Format of the workload, where its suffix and content do not tell:";
  for (const Format& format : formats()) help += fmt::format(" {} = {};", format.name, format.about);
  help.pop_back();
  command.add_option("--from", options.from, help)->check(CLI::IsMember(format_names()))->type_name("FORMAT");
  command
      .add_option_function<std::vector<std::string>>(
          "--dim",
          [&options](const std::vector<std::string>& sizes) {
            for (const std::string& size : sizes) add_size(size, options);
          },
          "Sizes that an ONNX model leaves open: batch=1,seq=384")
      ->delimiter(',')
      ->type_name("NAME=SIZE,...");
}

}  // namespace dovetail::cli
