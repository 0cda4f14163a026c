// Texts as a terminal may show them.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/printable.hpp>

using namespace dovetail;

TEST_CASE("what a terminal obeys is escaped, everything else stays") {
  CHECK(printable("plain text,\n\ttwo lines") == "plain text,\n\ttwo lines");
  CHECK(printable("Größe 10 µm, 大きさ, 🎉") == "Größe 10 µm, 大きさ, 🎉");
  CHECK(printable("bell\a \x1b[31m \x7f \r") == "bell\\x07 \\x1b[31m \\x7f \\x0d");
  CHECK(printable("\u009b31m \u202etxt\u2066 \u200f \ufeff") == "\\u009b31m \\u202etxt\\u2066 \\u200f \\ufeff");
  CHECK(printable("half a letter \xc3") == "half a letter \\xc3");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate is no character
  CHECK(printable_word("a\nb\tc") == "a\\x0ab\\x09c");
}

TEST_CASE("JSON with the same marks escaped is the same value") {
  const nlohmann::json value = {{"a\u202e", "b\u009b \u2066 \U000e0041"}};
  const std::string text = printable_json(value.dump());
  CHECK(text.find("\u202e") == std::string::npos);
  CHECK(text.find("\\u202e") != std::string::npos);
  CHECK(nlohmann::json::parse(text) == value);
}

TEST_CASE("texts are cut between letters") {
  CHECK(first_letters("abc", 5) == "abc");
  CHECK(first_letters("äöü", 5) == "äö");
  CHECK(first_letters("äöü", 4) == "äö");
  CHECK(first_letters("🎉", 3).empty());
  std::string word;
  for (int i = 0; i < 40; ++i) word += "ß";
  const std::string quoted = quote("x" + word);  // 81 bytes: the cut would fall inside a letter
  CHECK(printable(quoted) == quoted);
  CHECK(quoted.ends_with("ß...'"));
}

TEST_CASE("YAML keeps what it may not show") {
  const Node node = from_json({{"name", "a\u202eb \u009b"}, {"other", "\x1b["}}, "x");
  const std::string text = to_yaml(node);
  CHECK(printable(text) == text);
  CHECK(to_json(parse_yaml(text, "x")) == to_json(node));
}
