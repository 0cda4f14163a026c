// Hostile files of other tools, over the table of formats: a message each, never a crash, nothing over a second.
#include <doctest/doctest.h>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <dovetail/workloads/import/formats.hpp>

#include "support/mutator.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

// A good text of each format that is a text, to be broken.
const std::map<std::string, std::pair<std::string, std::string>> seeds = {
    {"scalesim",
     {"t.csv",
      "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, batch\n"
      "a, 8, 9, 3, 3, 4, 16, 2, 2\nDP b, 8, 8, 3, 3, 4, 1, 1, , # why\n\ntitle,\nc, 8, 8, 1, 1, 4, 4, 1\n"}},
    {"maestro",
     {"t.m",
      "Constant Big 10;\nNetwork net {\n  Layer a { Type: CONV Stride { X: 2, Y: 2 } Dimensions { K: 4, C: 3, R: 3, S: "
      "3, Y: Big, X: 10 } }\n"
      "  Layer d { Type: TRCONV Dimensions { K: 2, C: 3, R: 2, S: 2, Y: 4, X: 4 } Dataflow { Cluster(3, P); } }\n}\n"}},
    {"timeloop",
     {"t.yaml",
      "base: &base\n  shape:\n    dimensions: [C, P, R]\n    coefficients: [{name: Wstride, default: 2}]\n    "
      "data_spaces:\n"
      "    - {name: Weights, projection: [[[C]], [[R]]]}\n    - {name: Inputs, projection: [[[C]], [[R], [P, "
      "Wstride]]]}\n"
      "    - {name: Outputs, projection: [[[P]]], read_write: true}\n  instance: {C: 1, P: 1, R: 3}\n"
      "problem: !Problem\n  <<<: *base\n  instance: {P: 4, C: 2}\n"}},
    {"zigzag",
     {"t.yaml",
      "- id: 0\n  name: conv\n  operator_type: Conv\n  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]\n"
      "  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]\n  loop_dims: [B, K, C, OY, OX, FY, FX]\n"
      "  loop_sizes: [1, 4, 3, 5, 5, 3, 3]\n  operand_precision: {W: 8, I: 8, O: 16}\n  operand_source: {I: 0, W: 0}\n"
      "- {id: 1, operator_type: Add, equation: 'O[b]=X[b]+Y[b]', loop_dims: [B], loop_sizes: [4], operand_source: {X: "
      "0, Y: 0}}\n"}},
};

std::size_t mutations() {
  const char* wanted = std::getenv("DOVETAIL_MUTATIONS");
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 2000;
}

void import_text(const std::string& name, const std::string& text, const std::string& from) {
  ImportOptions options;
  options.from = from;
  import_source(Source(name, text), options);
}

// The message of a text that must be refused, and quickly.
std::string refused(const std::string& name, const std::string& text) {
  const double start = seconds();
  std::string message = "read";
  try {
    import_text(name, text, "");
  } catch (const InputError& error) {
    message = error.what();
  }
  CHECK(seconds() - start < hang_s);
  return message;
}

}  // namespace

TEST_CASE("every text format has a seed") {
  for (const Format& format : formats()) {
    if (format.name != "native" && format.name != "onnx") CHECK(seeds.contains(std::string(format.name)));
  }
}

TEST_CASE("mutated files of every format, recognised and told") {
  for (const auto& [from, seed] : seeds) {
    Outcome outcome;
    Mutator mutate(7);
    for (std::size_t i = 0; i < mutations(); ++i) {
      const std::string text = mutate(seed.second);
      attempt([&] { import_text(seed.first, text, i % 2 == 0 ? "" : from); }, outcome, text);
    }
    CHECK(outcome.unlocated == 0);
    CHECK(outcome.slowest_s < hang_s);
    CHECK(outcome.read > 0);
    CHECK(outcome.refused > 0);
    MESSAGE(fmt::format("{}: {} read, {} refused, slowest {:.3f} s", from, outcome.read, outcome.refused,
                        outcome.slowest_s));
  }
}

TEST_CASE("files cut off at every byte") {
  for (const auto& [from, seed] : seeds) {
    Outcome outcome;
    for (std::size_t size = 0; size < seed.second.size(); ++size) {
      const std::string text = seed.second.substr(0, size);
      attempt([&] { import_text(seed.first, text, from); }, outcome, text);
    }
    CHECK(outcome.unlocated == 0);
    CHECK(outcome.slowest_s < hang_s);
  }
}

TEST_CASE("alias bombs and merge bombs") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  CHECK(refused("b.yaml", bomb + "problem: *a11\n").find("values in one document") != std::string::npos);
  std::string merges = "m0: &m0 {a: {x: 1}}\n";
  for (int i = 1; i < 3000; ++i)
    merges += fmt::format("m{0}: &m{0} {{<<<: [*m{1}, *m{1}], k{0}: {{y: 1}}}}\n", i, i - 1);
  CHECK_THROWS_AS(import_text("m.yaml", merges + "problem: *m2999\n", ""), InputError);
  CHECK(refused("s.yaml", "a: &a [*a]\nproblem: {}\n") != "read");
  CHECK(refused("d.yaml", "problem: " + std::string(100'000, '[') + "\n") != "read");
}

TEST_CASE("huge numbers, binary junk and long lines") {
  const std::string header = seeds.at("scalesim").second.substr(0, seeds.at("scalesim").second.find('\n') + 1);
  CHECK(refused("n.csv", header + "a, 2147483647, 2147483647, 1, 1, 2147483647, 2147483647, 1\n") != "read");
  CHECK(refused("n.csv", header + "a, 99999999999999999999, 1, 1, 1, 1, 1, 1\n") != "read");
  CHECK(refused("n.m",
                "Network n { Layer a { Type: DSCONV Dimensions { K: 2147483647, C: 2147483647, R: 1, S: 1, Y: 9, X: 9 "
                "} } }") != "read");
  CHECK(refused("n.yaml", "problem: {shape: gemm_ABZ, M: 2147483647, N: 2147483647, K: 2147483647}\n") != "read");
  std::string junk;
  for (int i = 0; i < 5000; ++i) junk += static_cast<char>((i * 7919) % 256);
  for (const char* name : {"j.csv", "j.m", "j.yaml", "j"}) CHECK(refused(name, junk) != "read");
  CHECK(refused("l.csv", header + "a" + std::string(1'000'000, ',') + "\n") != "read");
  CHECK(refused("l.m", "Network n {" + std::string(4'000'000, '{')) != "read");
}

TEST_CASE("includes that grow without bound") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("dovetail_includes_{}", ::getpid());
  fs::create_directories(folder);
  for (int i = 0; i < 8; ++i) {
    std::ofstream file(folder / fmt::format("i{}.yaml", i));
    for (int j = 0; j < 20; ++j) file << "{{include_text('i" << i + 1 << ".yaml')}}\n";
  }
  std::ofstream(folder / "i8.yaml") << "# " << std::string(60, 'x') << '\n';
  const double start = seconds();
  CHECK_THROWS_AS(import_workload({(folder / "i0.yaml").string()}), InputError);
  CHECK(seconds() - start < hang_s);
  fs::remove_all(folder);
}
