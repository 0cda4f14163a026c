// Templates of Timeloop's front end: include_text is followed, everything else is refused by name.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <dovetail/workloads/import/foreign_yaml.hpp>

namespace dovetail {
namespace {

namespace fs = std::filesystem;

constexpr int deepest_include = 8;
constexpr std::size_t most_includes = 256;
constexpr int folders_above = 3;  ///< how far above the first file's folder a path may lead

std::string_view first_template(std::string_view line) {
  std::size_t first = std::string_view::npos;
  for (const char* mark : {"{{", "{%", "{#"}) first = std::min(first, line.find(mark));
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

std::string_view without(std::string_view text, std::string_view blanks) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// PATH of a line {{include_text('PATH')}}, with nothing but a remark after it.
std::optional<std::string> included_path(std::string_view line) {
  const std::string_view opening = "{{", closing = "}}", call = "include_text";
  if (!line.starts_with(opening)) return std::nullopt;
  const std::size_t end = line.find(closing);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = without(line.substr(end + closing.size()), " \t\r");
  if (!rest.empty() && rest[0] != '#') return std::nullopt;
  std::string_view inside = without(line.substr(opening.size(), end - opening.size()), " \t-");
  if (!inside.starts_with(call)) return std::nullopt;
  inside = without(inside.substr(call.size()), " \t");
  if (inside.size() < 5 || inside.front() != '(' || inside.back() != ')') return std::nullopt;
  inside = without(inside.substr(1, inside.size() - 2), " \t");
  const char quote_mark = inside.empty() ? '\0' : inside.front();
  if ((quote_mark != '\'' && quote_mark != '"') || inside.size() < 3 || inside.back() != quote_mark)
    return std::nullopt;
  inside = inside.substr(1, inside.size() - 2);
  if (inside.find_first_of("'\"") != std::string_view::npos) return std::nullopt;
  return std::string(inside);
}

class Includer {
 public:
  Includer(const std::string& file, IncludedText& out) : out_(out) {
    std::error_code error;
    root_ = fs::weakly_canonical(fs::absolute(file), error).parent_path();
    // Never the root of the file system itself.
    for (int i = 0; i < folders_above && root_.parent_path().has_relative_path(); ++i) root_ = root_.parent_path();
  }

  void add(std::string_view text, const std::string& file, int depth) {
    const int index = static_cast<int>(out_.files.size());
    out_.files.push_back(file);
    open_.push_back(canonical(file));
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    int number = 0;
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t stop = std::min(text.find('\n', start), text.size());
      ++number;
      line(text.substr(start, stop - start), {file, number, 1, ""}, index, depth);
      start = stop + 1;
    }
    open_.pop_back();
  }

  void raise() const { mistakes_.raise(); }

 private:
  static fs::path canonical(const std::string& file) {
    std::error_code error;
    return fs::weakly_canonical(fs::absolute(file), error);
  }

  void line(std::string_view line, const Location& where, int index, int depth) {
    const std::string_view expression = first_template(line);
    if (expression.empty()) {
      plain(line, where, index);
    } else if (const auto path = included_path(line)) {
      include(*path, where, depth);
    } else {
      mistakes_.error(where,
                      fmt::format("the template expression in {} is not supported, only include_text at the start of "
                                  "a line is",
                                  quote(without(expression, " \t\r"))));
      plain("", where, index);
    }
  }

  void plain(std::string_view line, const Location& where, int index) {
    if (out_.text.size() + line.size() > max_yaml_bytes)
      throw InputError(where, fmt::format("with its includes the text exceeds {} MiB", max_yaml_bytes >> 20U));
    out_.text.append(line);
    out_.text += '\n';
    out_.lines.push_back({index, where.line});
  }

  void include(const std::string& path, const Location& where, int depth) {
    const auto refuse = [&](std::string_view why) {
      mistakes_.error(where, fmt::format("include_text({}): {}", quote(path), why));
    };
    const fs::path given(path);
    if (given.is_absolute()) return refuse("the path must count from this file, not from the root");
    const fs::path joined = fs::path(where.file).parent_path() / given;
    const fs::path whole = canonical(joined.string());
    const fs::path inside = whole.lexically_relative(root_);
    if (inside.empty() || *inside.begin() == "..") return refuse("the path leads outside the folder of this design");
    std::error_code error;
    if (!fs::exists(whole, error)) return refuse("no such file");
    if (!fs::is_regular_file(whole, error)) return refuse("this is no file");
    if (std::find(open_.begin(), open_.end(), whole) != open_.end()) return refuse("the file includes itself");
    if (depth == deepest_include) return refuse(fmt::format("includes are nested more than {} deep", deepest_include));
    if (out_.files.size() > most_includes)
      throw InputError(where, fmt::format("more than {} included files", most_includes));
    add(read_text(whole), joined.lexically_normal().string(), depth + 1);
  }

  IncludedText& out_;
  fs::path root_;
  std::vector<fs::path> open_;
  Diagnostics mistakes_;
};

}  // namespace

Location IncludedText::at(int line, int column) const {
  if (lines.empty()) return {files.front(), 1, 1, ""};
  const Origin origin =
      lines[std::clamp<std::size_t>(static_cast<std::size_t>(std::max(line, 1)) - 1, 0, lines.size() - 1)];
  return {files[static_cast<std::size_t>(origin.file)], origin.line, column, ""};
}

IncludedText include_texts(std::string_view text, const std::string& file) {
  IncludedText included;
  Includer includer(file, included);
  includer.add(text, file, 0);
  includer.raise();
  return included;
}

}  // namespace dovetail
