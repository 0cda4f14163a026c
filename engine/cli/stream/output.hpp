// What leaves the program: results on stdout, words for a person on stderr, files. Each is shown safely and checked.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json_fwd.hpp>

namespace dovetail::cli {

/// A result could not be written (to stdout or to a file): ends the program with exit code 6.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Keeps descriptors 0 to 2 from becoming those of a store when the caller closed them, and makes a file that grows
/// beyond a limit an error instead of a signal. The first thing that main does.
void prepare_streams();

/// Text on stdout as `printable`. Throws OutputError.
void put(std::string_view text);

/// Format and put.
template <class... T>
void say(fmt::format_string<T...> format, T&&... values) {
  put(fmt::format(format, std::forward<T>(values)...));
}

/// A JSON value on stdout, indented, or in one line and flushed. Throws OutputError.
void put_json(const nlohmann::ordered_json& value, bool one_line);

/// Hands what was put to the system, so that who waits for a line has it. Throws OutputError.
void flush();

/// Text on stderr as `printable`; nobody can be told when that fails.
void put_error(std::string_view text);

template <class... T>
void warn(fmt::format_string<T...> format, T&&... values) {
  put_error(fmt::format(format, std::forward<T>(values)...));
}

/// Closes stdout. Throws OutputError when anything that was put has not arrived.
void close_output();

/// Writes text to DIR/name (creating DIR): whole, or not at all. Throws OutputError.
void write_file(const std::string& directory, const std::string& name, const std::string& text);

}  // namespace dovetail::cli
