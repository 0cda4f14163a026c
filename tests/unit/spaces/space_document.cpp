// Are spaces and points read from documents, and are mistakes located?
#include <doctest/doctest.h>

#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/spaces/space/space_document.hpp>

using namespace dovetail;

namespace {

const char* const good = R"(schema: dovetail-space/1
parameters:
  - {name: pe_x, kind: integer, low: 1, high: 168}
  - {name: lr, kind: real, low: 1e-4, high: 1, log: true}
  - {name: tile, kind: ordinal, values: [8, 1, 2, 0.5]}
  - {name: flow, kind: categorical, values: [ws, os, 3]}
  - {name: order, kind: permutation, values: [K, C, P]}
  - {name: C, kind: factorization, product: 64, slots: [spad, pe, dram]}
constraints: ["168 % pe_x == 0", flow == 'ws' or tile <= 4, C.pe <= 8]
goal: {objectives: [{metric: edp}]}
)";

Space space() {
  Diagnostics diagnostics;
  const auto result = read_space(parse_yaml(good, "space.yaml"), diagnostics);
  diagnostics.raise();
  return *result;
}

std::vector<std::string> mistakes(const std::string& text) {
  Diagnostics diagnostics;
  const auto result = read_space(parse_yaml(text, "s.yaml"), diagnostics);
  CHECK_FALSE(result.has_value());
  std::vector<std::string> found;
  for (const Diagnostic& d : diagnostics.all()) found.push_back(to_string(d));
  return found;
}

bool has(const std::vector<std::string>& all, const std::string& part) {
  for (const std::string& one : all)
    if (one.find(part) != std::string::npos) return true;
  MESSAGE(part, " is missing in:");
  for (const std::string& one : all) MESSAGE(one);
  return false;
}

}  // namespace

TEST_CASE("a document becomes a space and points travel as JSON") {
  const Space s = space();
  CHECK(s.parameters().size() == 6);
  CHECK(s.constraints().size() == 3);
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const Point point = *s.sample(random);
    const nlohmann::ordered_json json = to_json(s, point);
    Diagnostics diagnostics;
    const auto back = read_point(parse_json(json.dump(), "point"), s, diagnostics);
    REQUIRE(back.has_value());
    REQUIRE(*back == point);
  }
  const Point point{{14, 0.5, 1, 2, 1, 0, 2, 4, 8, 2}};
  CHECK(to_json(s, point).dump() == R"({"pe_x":14,"lr":0.5,"tile":1,"flow":"3","order":["C","K","P"],"C":[4,8,2]})");
}

TEST_CASE("ranges may be written as in a family, and parameters by name") {
  const char* const family_like = R"(parameters:
  pe_x: {integer: [1, 168], meaning: columns}
  lr: {real: [1e-4, 1], log: true}
  tile: {values: [0.5, 1, 2, 8]}
  flow: {choices: [ws, os, 3]}
  words: {values: [ws, os]}
constraints: [168 % pe_x == 0]
)";
  const char* const own = R"(parameters:
  - {name: pe_x, kind: integer, low: 1, high: 168}
  - {name: lr, kind: real, low: 1e-4, high: 1, log: true}
  - {name: tile, kind: ordinal, values: [0.5, 1, 2, 8]}
  - {name: flow, kind: categorical, values: [ws, os, 3]}
  - {name: words, kind: categorical, values: [ws, os]}
constraints: [168 % pe_x == 0]
)";
  Diagnostics diagnostics;
  const auto one = read_space(parse_yaml(family_like, "a.yaml"), diagnostics);
  const auto other = read_space(parse_yaml(own, "b.yaml"), diagnostics);
  diagnostics.raise();
  REQUIRE(one->parameters().size() == other->parameters().size());
  for (std::size_t p = 0; p < one->parameters().size(); ++p) {
    CHECK(one->parameters()[p].name == other->parameters()[p].name);
    CHECK(one->parameters()[p].domain.index() == other->parameters()[p].domain.index());
  }
  Random first(3), second(3);
  for (int i = 0; i < 20; ++i) CHECK(*one->sample(first) == *other->sample(second));
  CHECK(has(mistakes("parameters: [{name: x, low: 1, high: 2}]"), "integer: [low, high]"));
}

TEST_CASE("an unknown key is told with those allowed, each once") {
  const auto all = mistakes("parameters: [{name: x, kind: real, low: 0, high: 1}]\nobjectives: [edp]\ngoal: {}\n");
  CHECK(all.size() == 1);
  CHECK(has(all, "s.yaml:2:1: unknown key 'objectives' in space, allowed are 'parameters', 'constraints', 'goal'"));
}

TEST_CASE("wrong points are refused with every mistake") {
  const Space s = space();
  Diagnostics diagnostics;
  CHECK_FALSE(
      read_point(
          parse_json(
              R"({"pe_x": 0.5, "lr": 2, "tile": 3, "flow": "wz", "order": ["K", "K", "C"], "C": [4, 4, 2], "pe_z": 1})",
              "p"),
          s, diagnostics)
          .has_value());
  std::vector<std::string> all;
  for (const Diagnostic& d : diagnostics.all()) all.push_back(to_string(d));
  CHECK(all.size() == 7);
  CHECK(has(all, "pe_x is the number 0.5, allowed is an integer in 1 ... 168"));
  CHECK(has(all, "allowed is a number in 0.0001 ... 1"));
  CHECK(has(all, "allowed is 0.5, 1, 2, 8"));
  CHECK(has(all, "did you mean 'ws'"));
  CHECK(has(all, "order has 'K' twice"));
  CHECK(has(all, "3 factors with product 64"));
  CHECK(has(all, "unknown parameter 'pe_z'; did you mean 'pe_x'?"));
  Diagnostics missing;
  CHECK_FALSE(read_point(parse_json("{}", "p"), s, missing).has_value());
  CHECK(missing.errors() == 6);
  Diagnostics wrong;
  CHECK_FALSE(read_point(parse_json("[1, 2]", "p"), s, wrong).has_value());
  Diagnostics close;
  CHECK(
      read_point(
          parse_json(
              R"({"pe_x": 14.0, "lr": 1, "tile": 0.50000000001, "flow": "ws", "order": ["K", "P", "C"], "C": [64, 1, 1]})",
              "p"),
          s, close)
          .has_value());
}

TEST_CASE("wrong documents name every mistake at its place") {
  const auto all = mistakes(R"(parameters:
  - {name: a, kind: integr, low: 1, high: 3}
  - {name: b, kind: real, low: 1}
  - {name: c, kind: real, low: 3, high: 1}
  - {name: d, kind: ordinal, values: [1, two]}
  - {name: e, kind: categorical, values: [x], low: 3}
  - {kind: permutation, values: [x, x]}
  - {name: g, kind: real, low: 0, high: 1, log: true}
contraints: []
)");
  CHECK(has(all, "s.yaml:2:"));
  CHECK(has(all, "integr"));
  CHECK(has(all, "high"));
  CHECK(has(all, "low 3 is above high 1"));
  CHECK(has(all, "s.yaml:5:"));
  CHECK(has(all, "'low'"));
  CHECK(has(all, "name"));
  CHECK(has(all, "log needs low above 0"));
  CHECK(has(all, "did you mean 'constraints'"));
  CHECK(all.size() == 8);
  CHECK(has(mistakes("parameters: []"), "parameters is empty"));
  CHECK(has(mistakes("constraints: []"), "parameters"));
}

TEST_CASE("mistakes in constraints point into their text") {
  const auto all = mistakes(R"(parameters: [{name: a, kind: real, low: 0, high: 1}]
constraints:
  - a + bb < 1
  - "a + 1"
  - "a <> 1"
)");
  CHECK(has(all, "s.yaml:3:9: unknown name `bb`"));
  CHECK(has(all, "s.yaml:4:6: a constraint is a condition"));
  CHECK(has(all, "s.yaml:5:9: found `>`"));
  CHECK(all.size() == 3);
}

TEST_CASE("categories written as numbers stay numbers") {
  Diagnostics diagnostics;
  const auto read =
      read_space(parse_yaml("parameters:\n  - {name: k, kind: categorical, values: [0, 1.50, 2]}\n  - {name: "
                            "b, kind: categorical, values: [true, false]}\n  - {name: m, kind: categorical, "
                            "values: [1, many]}\nconstraints: [k != 2 or m == 1]\n",
                            "s"),
                 diagnostics);
  diagnostics.raise();
  CHECK(read->count().feasible == 10);
  const Point point{{1, 0, 1}};
  CHECK(to_json(*read, point).dump() == R"({"k":1.5,"b":true,"m":"many"})");
  CHECK(*read_point(parse_json(to_json(*read, point).dump(), "p"), *read, diagnostics) == point);
  CHECK_FALSE(
      read_space(parse_yaml("parameters: [{name: k, kind: categorical, values: [0, 1]}]\nconstraints: [k == 2]", "s"),
                 diagnostics)
          .has_value());
  REQUIRE_FALSE(diagnostics.all().empty());
  CHECK(diagnostics.all().back().message == "k is never `2`; allowed: '0', '1'");
}
