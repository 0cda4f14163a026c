#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace dovetail {
namespace {

constexpr std::size_t longest_word = 60;  // letters of a user's word that a message repeats

std::string join(const std::vector<Diagnostic>& diagnostics) {
  std::string lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!lines.empty()) lines += '\n';
    lines += to_string(diagnostic);
  }
  return lines;
}

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

// Optimal string alignment distance: Levenshtein plus swaps of neighbouring letters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

}  // namespace

std::string to_string(const Location& location) {
  const std::string& file = location.file.empty() ? "input" : location.file;
  if (location.line > 0) return fmt::format("{}:{}:{}", file, location.line, location.column);
  return location.pointer.empty() ? file : fmt::format("{}:#{}", file, location.pointer);
}

std::string to_string(const Diagnostic& diagnostic) {
  if (diagnostic.where == Location{}) return diagnostic.message;
  return fmt::format("{}: {}{}", to_string(diagnostic.where), diagnostic.severity == Severity::note ? "note: " : "",
                     diagnostic.message);
}

void Diagnostics::error(const Location& where, std::string message) {
  ++errors_;
  add(where, std::move(message), Severity::error);
}

void Diagnostics::note(const Location& where, std::string message) {
  add(where, std::move(message), Severity::note);
}

void Diagnostics::add(const Location& where, std::string message, Severity severity) {
  if (all_.size() < max_messages) all_.push_back({where, std::move(message), severity});
}

std::vector<Diagnostic> Diagnostics::notes() const {
  std::vector<Diagnostic> notes;
  for (const Diagnostic& diagnostic : all_) {
    if (diagnostic.severity == Severity::note) notes.push_back(diagnostic);
  }
  return notes;
}

void Diagnostics::raise() const {
  if (!failed()) return;
  std::vector<Diagnostic> messages;
  for (const Diagnostic& diagnostic : all_) {
    if (diagnostic.severity == Severity::error) messages.push_back(diagnostic);
  }
  const std::size_t kept = messages.size();
  // In the order of the file, whatever order the checks took.
  const bool one_file = std::all_of(messages.begin(), messages.end(), [&](const Diagnostic& message) {
    return message.where.line > 0 && message.where.file == messages.front().where.file;
  });
  if (one_file) {
    std::stable_sort(messages.begin(), messages.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
  }
  // What stands once in the file is said once, however often it was read.
  messages.erase(std::unique(messages.begin(), messages.end(),
                             [](const Diagnostic& a, const Diagnostic& b) {
                               return a.where == b.where && a.message == b.message;
                             }),
                 messages.end());
  if (kept < errors_) {
    const Location where = messages.empty() ? Location{} : messages.back().where;
    messages.push_back({where, fmt::format("and {} more mistakes", errors_ - kept)});
  }
  throw InputError(std::move(messages));
}

InputError::InputError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(join(diagnostics)),
      diagnostics_(std::move(diagnostics)) {}

InputError::InputError(const Location& where, std::string message)
    : InputError(std::vector<Diagnostic>{{where, std::move(message)}}) {}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> allowed) {
  if (word.empty() || word.size() > longest_word) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : allowed) {
    if (candidate.size() > 2 * longest_word) continue;
    const std::size_t changes = distance(word, candidate);
    if (changes < least && changes < candidate.size()) {
      least = changes;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> allowed) {
  if (const auto near = nearest(word, allowed)) return fmt::format("; did you mean {}?", quote(*near));
  if (allowed.empty()) return {};
  std::string list = allowed.size() == 1 ? ", allowed is " : ", allowed are ";
  constexpr std::size_t most = 24;
  for (std::size_t i = 0; i < std::min(allowed.size(), most); ++i) {
    if (i > 0) list += ", ";
    list += quote(allowed[i]);
  }
  return allowed.size() > most ? list + ", ..." : list;
}

std::string quote(std::string_view word) {
  const std::string_view start = first_letters(word, longest_word);
  return fmt::format("'{}{}'", printable_word(start), start.size() < word.size() ? "..." : "");
}

}  // namespace dovetail
