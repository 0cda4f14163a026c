// Documents become located trees; every kind of broken document gets a located message.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

std::string message(auto&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string yaml_message(const std::string& text) {
  return message([&] { parse_yaml(text, "f.yaml"); });
}

std::string json_message(const std::string& text) {
  return message([&] { parse_json(text, "f.json"); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a YAML value knows its type and its place") {
  const Node node = parse_yaml(
      "name: conv1\npe:\n  x: 14\n  share: 0.5\n  on: true\n  text: '14'\nlist: [1, 2]\nnone: ~\n", "f.yaml");
  CHECK(node.find("name")->as_string() == "conv1");
  const Node& pe = *node.find("pe");
  CHECK(pe.find("x")->as_integer() == 14);
  CHECK(pe.find("share")->as_number() == 0.5);
  CHECK_FALSE(pe.find("share")->as_integer());
  CHECK(pe.find("on")->as_boolean() == true);
  CHECK_FALSE(pe.find("text")->as_integer());
  CHECK(pe.find("text")->as_string() == "14");
  CHECK(node.find("list")->items().size() == 2);
  CHECK(node.find("none")->is_null());
  CHECK(node.find("absent") == nullptr);
  CHECK(to_string(pe.find("x")->location()) == "f.yaml:3:6");
  CHECK(node.find("list")->items()[1].location().pointer == "/list/1");
  CHECK(node.entries()[1].key == "pe");
}

TEST_CASE("numbers are read as people write them and no further") {
  auto number = [](const char* text) { return Node::scalar({}, text, false).as_number(); };
  auto integer = [](const char* text) { return Node::scalar({}, text, false).as_integer(); };
  CHECK(integer("+7") == 7);
  CHECK(integer("-7") == -7);
  CHECK(integer("0x1F") == 31);
  CHECK(integer("1e6") == 1000000);
  CHECK(integer("4.0") == 4);
  CHECK_FALSE(integer("4.5"));
  CHECK_FALSE(integer("9223372036854775808"));
  CHECK(integer("9223372036854775807") == INT64_MAX);
  CHECK_FALSE(integer("12a"));
  CHECK_FALSE(integer("+-1"));
  CHECK_FALSE(integer("0x-1"));
  CHECK(number("1e-400") == 0.0);
  CHECK(number("1e400") == std::numeric_limits<double>::infinity());
  CHECK(number("-.inf") == -std::numeric_limits<double>::infinity());
  CHECK_FALSE(number("inf"));
  CHECK_FALSE(number("nan"));
  CHECK_FALSE(number("--1"));
  CHECK_FALSE(number("1 2"));
}

TEST_CASE("a JSON value has line, column and pointer") {
  const Node node =
      parse_json("{\"a\": [1, {\"b/c\": \"x\\\"y\"}],\n \"d\": -1.5e3, \"e\": null, \"f\": false}", "f.json");
  const Node& inner = *node.find("a")->items()[1].find("b/c");
  CHECK(inner.as_string() == "x\"y");
  CHECK(inner.location().pointer == "/a/1/b~1c");
  CHECK(to_string(inner.location()) == "f.json:1:19");
  CHECK(to_string(node.find("d")->location()) == "f.json:2:7");
  CHECK(node.find("d")->as_integer() == -1500);
  CHECK(node.find("e")->is_null());
  CHECK(node.find("f")->as_boolean() == false);
  CHECK(to_string(node.entries()[3].where) == "f.json:2:26");
}

TEST_CASE("every broken YAML text has a located message") {
  CHECK(yaml_message("a: 1\nb: 2\na: 3\n") == "f.yaml:3:1: key 'a' is given twice");
  CHECK(contains(yaml_message("a: {b: 1, b: 2}\nc: 1\nc: 2\n"),
                 "f.yaml:1:11: key 'b' is given twice\nf.yaml:3:1: key 'c'"));
  CHECK(contains(yaml_message("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document"));
  CHECK(contains(yaml_message("---\na: 1\n---\n"), "f.yaml:3:1: a second document"));
  CHECK(yaml_message("# note\n---\na: 1\n...\n# end\n") == "no error");
  CHECK(contains(yaml_message("a: 1\n...\nb: 1\n"), "f.yaml:3:1: text after the end"));
  CHECK(contains(yaml_message("a: [1, 2\nb: 3\n"), "f.yaml:"));
  CHECK(contains(yaml_message("a: *nowhere\n"), "f.yaml:1:"));
  CHECK(contains(yaml_message("? [a, b]\n: 1\n"), "a key must be a word, found a list"));
  CHECK(contains(yaml_message(std::string("a: \x01 b", 6)), "f.yaml:1:4: this is not a text file: found byte 0x01"));
  CHECK(contains(yaml_message("a: \xff\xfe"), "f.yaml:1:4: this is not a text file"));
  CHECK(contains(yaml_message(std::string("\0\0", 2)), "not a text file"));
  CHECK(contains(yaml_message(std::string(5000, '[')), "nested more than"));
  CHECK(contains(yaml_message("a: &x [*x]\n"), "nested more than"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j > 0 ? ", " : "", i - 1);
    bomb += "]\n";
  }
  CHECK(contains(yaml_message(bomb), "more than 1000000 values"));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(contains(yaml_message(deep), "nested more than"));
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "- 1\n";
  CHECK(yaml_message(lines) == "no error");
  CHECK(yaml_message(lines + "- 1\n") == "f.yaml:100001:1: the text has 100001 lines, allowed are 100000");
}

TEST_CASE("every broken JSON text has a located message") {
  CHECK(json_message("{\"a\": 1, \"a\": 2}") == "f.json:1:10: key 'a' is given twice");
  CHECK(contains(json_message("{\"a\": 1,}"), "f.json:1:9: this is not JSON"));
  CHECK(contains(json_message("{\"a\": 1} x"), "f.json:1:10: this is not JSON"));
  CHECK(contains(json_message("{\"a\": nan}"), "f.json:1:"));
  CHECK(contains(json_message(""), "f.json:1:1: the document is empty"));
  CHECK(contains(json_message(std::string(100000, '[')), "f.json:1:65: nested more than 64 deep"));
  CHECK(contains(json_message("\"\xc3\x28\""), "not a text file"));
}

TEST_CASE("files that cannot be read have messages too") {
  CHECK(contains(message([] { load_file("/nonexistent/x.yaml"); }), "/nonexistent/x.yaml: there is no such file"));
  CHECK(contains(message([] { load_file("/tmp"); }), "/tmp: this is a directory"));
}

TEST_CASE("trees pass through JSON and YAML text unchanged") {
  const auto value = nlohmann::ordered_json::parse(
      R"({"z": 1, "a": {"list": [1, 2.5, "3", "true", null, true], "deep": [{"k": "a: b", "l": []}, {"m": {}}]},
          "odd": ["", " x", "-", "a#b", "N", "yes", "1e5", "\n", "~", "k: [", "'q'", "é"], "big": 1e300, "small": 0.1})");
  CHECK(to_json(parse_yaml(to_yaml(value), "f")) == value);
  CHECK(to_json(parse_json(value.dump(), "f")) == value);
  CHECK(to_json(from_json(value, "f")) == value);
}
