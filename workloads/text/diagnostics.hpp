// Located messages: where in a user's file something is wrong, what was found, and what was meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dovetail {

/// A place in a file. Lines and columns count from 1; line 0 means that only the JSON pointer is known.
struct Location {
  std::string file;
  int line = 0, column = 0;
  std::string pointer = {};  ///< JSON pointer (RFC 6901) of the value, such as /arch/levels/0/name
  bool operator==(const Location&) const = default;
};

/// "file:line:column", or "file:#/pointer" when the line is not known.
std::string to_string(const Location& location);

enum class Severity { error, note };

/// One message about one place.
struct Diagnostic {
  Location where;
  std::string message;
  Severity severity = Severity::error;
};

/// "file:line:column: message"; a note says so before its message.
std::string to_string(const Diagnostic& diagnostic);

/// Collects everything that is wrong with an input, so that the user reads all of it after one run.
///
///     Diagnostics diagnostics;
///     diagnostics.error(node.location(), "kernel is 0, allowed is 1 or more");
///     diagnostics.raise();  // throws InputError when there was an error
class Diagnostics {
 public:
  static constexpr std::size_t max_messages = 200;  ///< later ones are counted, not kept

  void error(const Location& where, std::string message);
  void note(const Location& where, std::string message);

  bool failed() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return all_; }
  std::vector<Diagnostic> notes() const;

  /// Throws InputError with everything collected when there was at least one error.
  void raise() const;

 private:
  void add(const Location& where, std::string message, Severity severity);
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

/// A user's input is wrong: carries every message about it. what() is one line per message. Exit code 3.
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<Diagnostic> diagnostics);
  InputError(const Location& where, std::string message);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The allowed word closest to `word` by edit distance (insert, delete, replace, swap of neighbours; case is
/// free), or none when nothing is close: more than a third of the letters, and more than one, would have to
/// change.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> allowed);

/// The end of a message about a word that is not among those allowed: "; did you mean 'kernel'?", or, when
/// nothing is near, ", allowed are 'a', 'b', 'c'".
std::string suggestion(std::string_view word, std::span<const std::string> allowed);

/// A word of the user's inside a message: in quotes, cut to a readable length, control characters escaped.
std::string quote(std::string_view word);

}  // namespace dovetail
