// How a verb is asked, and what it answers: the same for the command line, the C API, Python and C++.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dovetail::verbs {

using Json = nlohmann::ordered_json;

/// Wrong or contradictory options.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How a verb ended; the numbers are the exit codes of the program.
enum class End : int {
  done = 0,
  input = 3,          ///< part of the input could not be read; the rest was answered
  infeasible = 4,     ///< there is no feasible answer
  limit = 5,          ///< time or memory ended it early, with the best so far
  interrupted = 130,  ///< `stop` ended it, with the best so far
};

/// A file beside the result.
struct OutputFile {
  std::string name, text;
};

struct Answer {
  Json record;                             ///< what `--format json` prints; null where the answer is a text
  std::optional<std::vector<Json>> lines;  ///< what `--format jsonl` prints, where that is not the record in one line
  std::string text;               ///< the answer as `Asking::format` wants it, where that is not JSON; or a document
  std::vector<OutputFile> files;  ///< where `Asking::files` wants them
  std::string error;              ///< why the end is not `done`, in words and lines
  End end = End::done;

  /// Adds to the text.
  template <class... T>
  void say(fmt::format_string<T...> format, T&&... values) {
    text += fmt::format(format, std::forward<T>(values)...);
  }
  template <class... T>
  Answer& fail(End how, fmt::format_string<T...> format, T&&... values) {
    end = how;
    error += fmt::format(format, std::forward<T>(values)...);
    return *this;
  }
};

inline Answer answer(Json record, End end = End::done) {
  Answer out;
  out.record = std::move(record);
  out.end = end;
  return out;
}

/// What every verb may be told beside its own options. Each verb ignores what means nothing to it.
struct Asking {
  std::string format = "json";                        ///< text, json, jsonl, csv: which form of the answer is made
  std::uint64_t seed = 0;                             ///< names the random streams
  bool says_seed = false;                             ///< it counts over the seed of a study
  int threads = 0;                                    ///< 0: all cores; results do not depend on it
  std::vector<std::string> set;                       ///< path=value, over what a document says
  bool dry_run = false;                               ///< check everything and say what would be done
  bool files = false;                                 ///< make the files beside the result
  std::string command;                                ///< who asks, as recorded in a store
  std::function<bool()> stop = [] { return false; };  ///< ends a search at the next safe place
  std::function<void(double done, double total, const std::string& text)> progress;  ///< may be empty
  std::function<void(const std::string& line)> tell = [](const std::string&) {};     ///< what a user should know
  std::function<std::string()> input;  ///< reads the text that the file '-' stands for; empty: there is none
  /// What the program that asks was built from: workers of one study are of one build. Empty: no workers.
  std::function<std::map<std::string, std::string>()> build;

  bool as_text() const { return format == "text"; }
  bool as_json() const { return format == "json" || format == "jsonl"; }
  template <class... T>
  void note(fmt::format_string<T...> words, T&&... values) const {
    tell(fmt::format(words, std::forward<T>(values)...));
  }
};

/// "note: …", a line each.
inline void tell_notes(const Asking& asking, const std::vector<std::string>& notes) {
  for (const std::string& text : notes) asking.note("note: {}\n", text);
}

/// The text of a file, or the one that '-' stands for.
struct Input {
  std::string text, name;
};
/// `dash` is the name of '-' in messages. Throws InputError.
Input read_input(const std::string& path, const std::string& dash, const Asking& asking);

}  // namespace dovetail::verbs
