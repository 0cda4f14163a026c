// Breaks texts on purpose, and watches what a reader makes of them.
#pragma once

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail::testing {

// Texts that parsers stumble over.
inline const std::vector<std::string> tokens = {"{",           "}",
                                                "[",           "]",
                                                ":",           ": ",
                                                "- ",          ", ",
                                                "\n",          "\n\n",
                                                "\t",          "'",
                                                "\"",          "|\n",
                                                ">\n",         "&x ",
                                                "*x",          "<<: ",
                                                "---\n",       "...\n",
                                                "%YAML 1.2\n", "!!str ",
                                                "!!binary ",   "!x ",
                                                "? ",          "#",
                                                "~",           "null",
                                                "true",        "0x",
                                                "1e999",       "-1",
                                                "0",           ".nan",
                                                ".inf",        "99999999999999999999",
                                                "2147483648",  "->",
                                                " x ",         "*",
                                                "+=",          "\\",
                                                "\\u0000",     "\xEF\xBB\xBF",
                                                "\xFF",        std::string("\0", 1),
                                                "\x01",        "\xC3\xA9",
                                                "[[[[[[[[",    "{a: {a: {a: ",
                                                "        ",    "-",
                                                "\r\n",        "@",
                                                "`",           "K4",
                                                "keep: ",      "layers:\n"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}
  std::string operator()(std::string text) {
    for (std::size_t rounds = 1 + below(4); rounds > 0; --rounds) mutate(text);
    return text;
  }

 private:
  std::size_t below(std::size_t count) { return count == 0 ? 0 : random_() % count; }
  void mutate(std::string& text) {
    const std::size_t at = below(text.size() + 1), length = below(std::min<std::size_t>(text.size() - at, 40) + 1);
    switch (below(12)) {
      case 0:
        text.insert(at, tokens[below(tokens.size())]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.replace(at, length, tokens[below(tokens.size())]);
        break;
      case 3:
        text.insert(below(text.size() + 1), text.substr(at, length));
        break;
      case 4:
        text.resize(at);
        break;
      case 5:
        if (!text.empty()) text[below(text.size())] = static_cast<char>(below(256));
        break;
      case 6:
        if (!text.empty()) text[below(text.size())] ^= static_cast<char>(1U << below(7));
        break;
      case 7: {
        const std::string& token = tokens[below(tokens.size())];
        const std::size_t times = below(200);
        std::string many;
        for (std::size_t i = 0; i < times; ++i) many += token;
        text.insert(at, many);
        break;
      }
      default: {  // a word or number for another
        const std::size_t first = text.find_first_of("0123456789abcdefghijklmnopqrstuvwxyz", at);
        if (first == std::string::npos) break;
        const char letter = text[first] <= '9' ? '0' : 'a';
        text[first] = static_cast<char>(letter + below(letter == '0' ? 10 : 26));
      }
    }
  }
  std::mt19937_64 random_;
};

// Seconds of this thread, whatever else the machine does.
// A text that takes longer hangs; instrumented and unoptimised builds are several times slower.
#if defined(__SANITIZE_ADDRESS__) || !defined(NDEBUG)
constexpr double hang_s = 10.0;
#else
constexpr double hang_s = 1.0;
#endif

inline double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Reads a text as everything it may be; counts what went through and what was refused.
struct Outcome {
  std::size_t read = 0, refused = 0, unlocated = 0;
  double slowest_s = 0.0;
};

template <class Read>
void attempt(const Read& read, Outcome& outcome, const std::string& text) {
  const double start = seconds();
  try {
    read();
    ++outcome.read;
  } catch (const InputError& error) {
    ++outcome.refused;
    bool located = !error.diagnostics().empty();
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      located = located && diagnostic.where.line > 0 && diagnostic.where.column > 0 && !diagnostic.message.empty();
    }
    if (!located && outcome.unlocated++ == 0) MESSAGE(fmt::format("not located: {}\nof:\n{}", error.what(), text));
  } catch (const std::exception& error) {
    FAIL(fmt::format("another exception: {}\nof:\n{}", error.what(), text));
  }
  outcome.slowest_s = std::max(outcome.slowest_s, seconds() - start);
}

}  // namespace dovetail::testing
