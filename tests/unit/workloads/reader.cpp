// A table reads a record with all its mistakes at once, writes it back, and describes it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <dovetail/workloads/text/reader.hpp>

using namespace dovetail;

namespace {

enum class Flow { weights, outputs };

struct Port {
  std::string name = "port";
  double width = 1.0;
  bool operator==(const Port&) const = default;
};

struct Machine {
  std::int64_t lanes = 1;
  std::optional<std::int64_t> capacity;
  double share = 0.5;
  bool fast = false;
  std::string node = "45nm";
  std::vector<int> sizes = {1};
  Flow flow = Flow::weights;
  Port main;
  std::vector<Port> ports;
  bool operator==(const Machine&) const = default;
};

const Record<Machine>& machine_record() {
  static const auto port = Record<Port>("port", "A port.")
                               .required("name", &Port::name, "its name")
                               .optional(
                                   "width", [](Port& p) -> double& { return p.width; }, "words per cycle", above(0));
  static const auto machine =
      Record<Machine>("machine", "A machine.")
          .document("dovetail-machine/1")
          .required("lanes", &Machine::lanes, "how many", between(1, 64))
          .optional("capacity", &Machine::capacity, "words, null is unbounded", at_least(0))
          .optional("share", &Machine::share, "of the time", above_to(0, 1))
          .optional("fast", &Machine::fast, "whether it hurries")
          .optional("node", &Machine::node, "technology", one_of({"45nm", "28nm"}))
          .optional("sizes", &Machine::sizes, "of its parts", at_least(1))
          .choice("flow", &Machine::flow, "what stays",
                  std::vector<std::pair<std::string, Flow>>{{"weights", Flow::weights}, {"outputs", Flow::outputs}})
          .record("main", &Machine::main, port)
          .list("ports", &Machine::ports, port, "all of them")
          .checked([](const Node& node, Machine& object, Diagnostics& diagnostics) {
            if (object.lanes == 13) diagnostics.error(node.location(), "lanes is 13, which is unlucky");
          });
  return machine;
}

std::string mistakes(const std::string& text) {
  Diagnostics diagnostics;
  machine_record().read(parse_yaml(text, "m"), diagnostics);
  std::string all;
  for (const Diagnostic& diagnostic : diagnostics.all()) all += to_string(diagnostic) + "\n";
  return all;
}

}  // namespace

TEST_CASE("a right record reads, writes and reads again") {
  Diagnostics diagnostics;
  const Machine machine =
      machine_record().read(parse_yaml("schema: dovetail-machine/1\nlanes: 4\ncapacity: ~\nshare: 1\nfast: "
                                       "true\nnode: 28nm\nsizes: [2, 3]\n"
                                       "flow: outputs\nmain: {name: a}\nports: [{name: b, width: 2.5}]\n",
                                       "m"),
                            diagnostics);
  CHECK_FALSE(diagnostics.failed());
  CHECK(machine.lanes == 4);
  CHECK(machine.flow == Flow::outputs);
  CHECK(machine.ports.at(0).width == 2.5);
  const auto json = machine_record().write(machine);
  CHECK(machine_record().read(from_json(json, "m"), diagnostics) == machine);
  CHECK(machine_record().read(parse_yaml(to_yaml(json), "m"), diagnostics) == machine);
  CHECK(machine_record().write(Machine{}, true).dump() == R"({"schema":"dovetail-machine/1","lanes":1})");
}

TEST_CASE("all mistakes of a record arrive in one run") {
  CHECK(mistakes("lanes: 65\ncapasity: 3\nshare: 0\nfast: maybe\nnode: 29nm\nsizes: [1, x, 0]\nflow: input\n"
                 "main: [1]\nports: [{width: -1}]\nschema: dovetail-machine/2\n") ==
        "m:1:8: lanes is 65, allowed is 1 to 64\n"
        "m:2:1: unknown key 'capasity' in machine; did you mean 'capacity'?\n"
        "m:3:8: share is 0, allowed is above 0 to 1\n"
        "m:4:7: fast must be true or false, found 'maybe'\n"
        "m:5:7: node is '29nm'; did you mean '28nm'?\n"
        "m:6:12: an item of sizes must be an integer, found 'x'\n"
        "m:6:15: an item of sizes is 0, allowed is 1 or more\n"
        "m:7:7: flow is 'input', allowed are 'weights', 'outputs'\n"
        "m:8:7: port must be a mapping of keys to values, found a list of 1\n"
        "m:9:17: width is -1, allowed is above 0\n"
        "m:9:9: port needs the key 'name', which is missing\n"
        "m:10:9: schema is 'dovetail-machine/2', expected 'dovetail-machine/1'\n");
  CHECK(mistakes("lanes: 13\n") == "m:1:1: lanes is 13, which is unlucky\n");
  CHECK(mistakes("lanes: '4'\n") == "m:1:8: lanes must be an integer, found '4' in quotes\n");
  CHECK(mistakes("lanes: 4.5\n") == "m:1:8: lanes must be an integer, found the number 4.5\n");
  CHECK(mistakes("lanes: 99999999999999999999\n") == "m:1:8: lanes is 99999999999999999999, allowed is 1 to 64\n");
  CHECK(mistakes("lanes: 1\nshare: .nan\n") == "m:2:8: share must be a finite number, found the number .nan\n");
  CHECK(mistakes("just text") == "m:1:1: machine must be a mapping of keys to values, found 'just text'\n");
}

TEST_CASE("the table describes itself") {
  const auto schema = machine_record().schema();
  CHECK(schema["properties"]["lanes"]["minimum"] == 1);
  CHECK(schema["properties"]["share"]["exclusiveMinimum"] == 0);
  CHECK(schema["properties"]["capacity"]["type"] == nlohmann::ordered_json({"integer", "null"}));
  CHECK(schema["properties"]["flow"]["enum"] == nlohmann::ordered_json({"weights", "outputs"}));
  CHECK(schema["properties"]["share"]["default"] == 0.5);
  CHECK(schema["required"] == nlohmann::ordered_json({"lanes"}));
  CHECK(machine_record().help().find("lanes") != std::string::npos);
}
