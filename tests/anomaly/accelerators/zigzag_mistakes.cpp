// Wrong ZigZag hardware: each mistake at its place and by its name, all in one run; never a crash, nothing over a
// second.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <dovetail/accelerators/import/machine_formats.hpp>

#include "support/mutator.hpp"
#include "support/zigzag_machine.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

std::string told(const std::string& text) {
  try {
    import_machine(machine_formats().front(), Source("m.yaml", text));
  } catch (const InputError& error) {
    return error.what();
  }
  return "read";
}

struct Mistake {
  std::string from, to, message;
};

}  // namespace

TEST_CASE("each mistake is told at its place") {
  const std::vector<Mistake> mistakes = {
      {"served_dimensions: [D2]", "served_dimensions: [D3]",
       "m.yaml:14:25: 'o_reg' serves 'D3', no dimension of the operational_array"},
      {"    size: 64\n", "", "'w_reg' has no 'size'"},
      {"size: 64", "size: 0", "m.yaml:16:11: size of 'w_reg'"},
      {"size: 64", "size: 7", "m.yaml:15:3: 'w_reg' has 7 bit and holds no word of 8 bit"},
      {"r_cost: 0.25", "r_cost: -1", "m.yaml:5:13: r_cost of 'o_reg'"},
      {"    w_cost: 0.5\n", "    w_cost: .nan\n", "m.yaml:6:13: w_cost of 'o_reg'"},
      {"r_cost: 0.25", "r_kost: 0.25", "m.yaml:5:5: 'o_reg' has the unknown key 'r_kost'; did you mean 'r_cost'?"},
      {"r_cost: 0.25", "r_bw: 8\n    r_cost: 0.25", "'r_bw' of 'o_reg': of an older form"},
      {"latency: 1", "auto_cost_extraction: True", "m.yaml:8:27: auto_cost_extraction of 'o_reg'"},
      {"operands: [O]", "operands: [O2]", "m.yaml:9:16: 'O2' is no operand"},
      {"operands: [O]", "operands: []", "'o_reg' keeps no operand"},
      {"type: read,", "type: reed,", "type of a port of 'o_reg'"},
      {"type: read,", "type: write,", "'O, tl' is a read, and the port 'r_port_1' of 'o_reg' does not"},
      {"bandwidth_min: 16, bandwidth_max: 16", "bandwidth_min: 17, bandwidth_max: 16",
       "bandwidth_min 17 is more than bandwidth_max 16"},
      {"\"O, tl\"", "\"O, up\"", "an allocation is an operand and a movement"},
      {"\"O, tl\"", "O", "an allocation is an operand and a movement"},
      {"\"O, tl\"", "\"I1, tl\"", "'o_reg' keeps no I1, and a port moves it"},
      {"\"O, tl\"", "\"O, th\"", "'O, th' of 'o_reg' moves through two ports"},
      {"[\"O, tl\"]", "[]", "no port of 'o_reg' is allocated to 'O, tl'"},
      {"name: r_port_2", "name: r_port_1", "'o_reg' has two ports 'r_port_1'"},
      {"served_dimensions: []", "served_dimensions: [D1]",
       "m.yaml:15:3: 'w_reg' serves D1, 'o_reg' serves D2: neither stands inside the other"},
      {"operands: [I1, I2, O]", "operands: [I1, O]", "m.yaml:52:13: 'dram' keeps no I2, and a port moves it"},
      {"unit_energy: 0.75", "unit_enrgy: 0.75", "operational_array has no 'unit_energy'"},
      {"sizes: [4, 2]", "sizes: [4]", "1 sizes for 2 dimensions"},
      {"sizes: [4, 2]", "sizes: [4, 0]", "D2 has the size 0: a core without multiply-accumulate units"},
      {"sizes: [4, 2]", "sizes: [4, 2.5]", "the size of D2"},
      {"sizes: [4, 2]", "sizes: [2147483647, 2]", "more than 2147483647 units"},
      {"dimensions: [D1, D2]\n  sizes", "dimensions: [D1, D1]\n  sizes", "the dimension 'D1' stands twice"},
      {"unit_area: 1", "is_imc: True", "m.yaml:61:11: an array that computes in memory"},
      {"unit_area: 1", "adc_resolution: 8", "adc_resolution belongs to an array that computes in memory"},
      {"unit_area: 1", "input_precision: [8]", "input_precision has the bits of I1 and of I2, found 1 numbers"},
      {"name: small", "name: small\ntype: zigzag.memory", "a core of type 'zigzag.memory' is no compute core"},
      {"name: small", "name: small\noperator_types: [MaxPool]", "the core runs only MaxPool"},
      {"name: small", "name: small\nkores: 1", "the unknown key 'kores'"},
      {"name: small\n", "", "ZigZag hardware has no 'name'"},
      {"    ports:\n", "    ports: 3\n    portz:\n", "ports of 'o_reg'"},
      {"name: small", "name: small\nname: big", "stands twice"},
  };
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.to);
    const std::string message = told(changed(zigzag_machine, mistake.from, mistake.to));
    CHECK_MESSAGE(message.find(mistake.message) != std::string::npos, message);
    CHECK(message.starts_with("m.yaml:"));
  }
}

TEST_CASE("all mistakes of a file in one run, after what the file is") {
  std::string text = changed(zigzag_machine, "size: 64\n", "size: -3\n");
  text = changed(text, "r_cost: 0.25", "r_cost: cheap");
  text = changed(text, "sizes: [4, 2]", "sizes: [4, 2, 2]");
  const std::string message = told(text);
  CHECK(message.starts_with("m.yaml:1:1: this looks like ZigZag hardware; it becomes none of our machines:\n"));
  for (const char* one : {"size of 'w_reg'", "r_cost of 'o_reg'", "3 sizes for 2 dimensions"})
    CHECK_MESSAGE(message.find(one) != std::string::npos, message);
}

TEST_CASE("a memory of an operand may not stand inside one that the file lists before") {
  // I2 first through a memory of one instance, then through the registers of eight.
  std::string text =
      changed(zigzag_machine, "    served_dimensions: [D2]\n  w_reg:",
              "    served_dimensions: [D2]\n  w_buffer:\n    size: 64\n    r_cost: 1\n    w_cost: 1\n"
              "    operands: [I2]\n    ports:\n"
              "      - {name: p, type: read_write, bandwidth_min: 8, bandwidth_max: 8, allocation: [\"I2, "
              "tl\", \"I2, fh\"]}\n    served_dimensions: [D1, D2]\n  w_reg:");
  const std::string message = told(text);
  CHECK_MESSAGE(
      message.find("'w_buffer' keeps I2 inside 'w_reg', which has more instances (8, 1)") != std::string::npos,
      message);
}

TEST_CASE("the outermost memory keeps all operands") {
  std::string text = changed(zigzag_machine, "operands: [I1, I2, O]", "operands: [I1, O]");
  text = changed(text, "          - I2, fh\n          - I2, tl\n", "");
  const std::string message = told(text);
  CHECK_MESSAGE(message.find("'dram', the outermost memory, does not keep I2") != std::string::npos, message);
}

TEST_CASE("more levels than a machine may have") {
  std::string more;
  for (int i = 0; i < 6; ++i)
    more += fmt::format(
        "  extra{}:\n    size: 64\n    r_cost: 1\n    w_cost: 1\n    operands: [I2]\n    ports:\n"
        "      - {{name: p, type: read_write, bandwidth_min: 8, bandwidth_max: 8, allocation: [\"I2, "
        "tl\", \"I2, fh\"]}}\n    served_dimensions: [D1, D2]\n",
        i);
  CHECK(told(changed(zigzag_machine, "  sram:\n", more + "  sram:\n")).find("10 storage levels, allowed are 8") !=
        std::string::npos);
}

TEST_CASE("a Stream system says how many cores it has") {
  CHECK(told("name: quad\ncores: {0: a.yaml, 1: b.yaml}\n").find("a Stream system of 2 cores") != std::string::npos);
}

TEST_CASE("an alias bomb is refused in time") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  const double start = seconds();
  CHECK(told(bomb + "memories: *a11\noperational_array: *a11\n").find("values in one document") != std::string::npos);
  CHECK(seconds() - start < hang_s);
}

TEST_CASE("mutated hardware is read or told") {
  const char* wanted = std::getenv("DOVETAIL_MUTATIONS");
  const std::size_t count = wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 2000;
  Outcome outcome;
  Mutator mutate(25);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = mutate(zigzag_machine);
    attempt([&] { import_machine(machine_formats().front(), Source("m.yaml", text)); }, outcome, text);
  }
  CHECK(outcome.unlocated == 0);
  CHECK(outcome.slowest_s < hang_s);
  CHECK(outcome.read > 0);
  CHECK(outcome.refused > 0);
  MESSAGE(fmt::format("{} read, {} refused, slowest {:.3f} s", outcome.read, outcome.refused, outcome.slowest_s));
}
