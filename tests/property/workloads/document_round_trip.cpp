// Any tree of values passes through YAML and JSON text unchanged, and every value knows its place.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;
using Json = nlohmann::ordered_json;

namespace {

std::string any_text() {
  // Letters that YAML, JSON or our own escaping could trip over, and words that look like other types.
  static const std::vector<std::string> pieces = {"a",
                                                  "N",
                                                  "-",
                                                  "- ",
                                                  ":",
                                                  ": ",
                                                  "#",
                                                  " #",
                                                  "'",
                                                  "\"",
                                                  "\\",
                                                  "\n",
                                                  "\t",
                                                  "\r",
                                                  " ",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  "&x",
                                                  "*x",
                                                  "!",
                                                  "|",
                                                  ">",
                                                  "%",
                                                  "@",
                                                  "`",
                                                  "?",
                                                  "~",
                                                  "null",
                                                  "true",
                                                  "no",
                                                  "0",
                                                  "1e5",
                                                  "0x1",
                                                  ".inf",
                                                  "---",
                                                  "...",
                                                  "=",
                                                  "<<",
                                                  "\xC3\xA9",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xA8",
                                                  "\x01",
                                                  "\x7F",
                                                  "/",
                                                  "~1"};
  std::string text;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) text += *rc::gen::elementOf(pieces);
  return text;
}

Json any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3: {
      const double value = *rc::gen::arbitrary<double>();
      return std::isfinite(value) ? value : 0.5;
    }
    case 4:
    case 5:
      return any_text();
    case 6: {
      Json list = Json::array();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(any_value(depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) object[any_text()] = any_value(depth - 1);
      return object;
    }
  }
}

bool located(const Node& node) {
  if (node.location().line < 1 || node.location().column < 1) return false;
  for (const Node& item : node.items()) {
    if (!located(item)) return false;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.where.line < 1 || !located(entry.value)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("any tree passes through YAML text") {
  CHECK(rc::check([] {
    const Json value = any_value(4);
    const Node node = parse_yaml(to_yaml(value), "f");
    RC_ASSERT(to_json(node) == value);
    RC_ASSERT(located(node));
  }));
}

TEST_CASE("any tree passes through JSON text, whatever its spacing") {
  CHECK(rc::check([] {
    const Json value = any_value(4);
    const Node node = parse_json(value.dump(*rc::gen::inRange(-1, 5)), "f");
    RC_ASSERT(to_json(node) == value);
    RC_ASSERT(located(node));
    RC_ASSERT(to_json(from_json(value, "f")) == value);
  }));
}
