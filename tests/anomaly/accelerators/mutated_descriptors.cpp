// Broken descriptors on purpose: never a crash, never a hang, always a located message. DOVETAIL_MUTATIONS sets how
// many.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "support/mutator.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

const char* const design_text = R"(schema: dovetail-design/1
id: small
layer: {name: conv, conv: 8x8x8 -> 16, kernel: 3, pad: 1, word_bits: {Weights: 8}, density: 0.5}
architecture:
  name: toy
  compute: {mesh_x: 4, mesh_y: 2, energy_per_op: 1}
  levels:
  - {name: Spad, mesh_x: 4, mesh_y: 2, capacity_words: 64, energy: 0.5, read_bandwidth: 2}
  - {name: Buffer, capacity_words: 4096, block_size: 4, energy: {read: 6, fill: 6, update: 6.5, leak_per_cycle: 0.25}}
  - {name: DRAM, is_dram: true, energy: 200}
mapping:
  levels:
  - {level: Spad, temporal: R3 S3, keep: [Weights, Outputs]}
  - {level: Buffer, spatial_x: [[K, 4]], spatial_y: [C2], temporal: "P=8, Q:8 N1"}
  - {level: DRAM, temporal: "K4 C4"}
options: {link_transfers: true}
)";

const char* const einsum_text_ = R"(name: sums
layers:
- a: {einsum: "O[n,k,p,q] += I[n,c,2p+r,2*q+s] * W[k,c,r,s]", dims: {n: 1, k: 8, c: 4, p: 5, q: 6, r: 3, s: 3}}
- b: &b {matmul: 12x13 * 13x14, repeat: 2}
- name: c
  dims: {m: 3, k: 5}
  tensors: {A: {axes: [m, [[k, 1]]]}, y: {axes: [m], write: true, word_bits: 32}}
  after: [a, b]
)";

std::size_t mutations() {
  const char* wanted = std::getenv("DOVETAIL_MUTATIONS");
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 1000;
}

}  // namespace

TEST_CASE("mutated workloads") {
  std::vector<std::string> seeds = {einsum_text_};
  for (const char* name : {"dqn", "transformer", "mlp"})
    seeds.emplace_back(embedded::find(embedded::zoo(), name)->text);
  Outcome outcome;
  Mutator mutate(1);
  for (std::size_t i = 0; i < mutations(); ++i) {
    const std::string text = mutate(seeds[i % seeds.size()]);
    attempt([&] { read_workload(parse_yaml(text, "w.yaml")); }, outcome, text);
  }
  CHECK(outcome.unlocated == 0);
  CHECK(outcome.slowest_s < hang_s);
  MESSAGE(fmt::format("{} read, {} refused, slowest {:.3f} s", outcome.read, outcome.refused, outcome.slowest_s));
}

TEST_CASE("mutated designs, YAML and JSON") {
  const Design design = read_design(parse_yaml(design_text, "d"));
  const std::vector<std::string> seeds = {design_text, to_json(design).dump(), to_json(design).dump(2)};
  Outcome outcome;
  Mutator mutate(2);
  for (std::size_t i = 0; i < mutations(); ++i) {
    const std::string text = mutate(seeds[i % seeds.size()]);
    const bool json = i % seeds.size() > 0;
    attempt(
        [&] {
          const Design read = read_design(json ? parse_json(text, "d.json") : parse_yaml(text, "d.yaml"));
          // What reads also prints and reads back equal.
          CHECK(read_design(parse_json(to_json(read).dump(), "back")) == read);
          if (read.mapping) CHECK_FALSE(loop_nest(read.layer, read.architecture, *read.mapping).empty());
          CHECK_FALSE(tree(read.architecture).empty());
        },
        outcome, text);
  }
  CHECK(outcome.unlocated == 0);
  CHECK(outcome.slowest_s < hang_s);
  MESSAGE(fmt::format("{} read, {} refused, slowest {:.3f} s", outcome.read, outcome.refused, outcome.slowest_s));
}

TEST_CASE("descriptors cut off at every byte") {
  Outcome outcome;
  for (const std::string& text : {std::string(design_text), std::string(einsum_text_)}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      attempt([&] { read_design(parse_yaml(cut, "d.yaml")); }, outcome, cut);
      attempt([&] { read_workload(parse_yaml(cut, "w.yaml")); }, outcome, cut);
      attempt([&] { parse_json(cut, "w.json"); }, outcome, cut);
    }
  }
  CHECK(outcome.unlocated == 0);
  CHECK(outcome.slowest_s < hang_s);
  MESSAGE(fmt::format("slowest {:.3f} s", outcome.slowest_s));
}

TEST_CASE("texts made to exhaust a parser") {
  std::vector<std::string> texts;
  for (const std::string token :
       {"[", "{", "- ", "? ", "a: ", "&a ",   "!a ",  "'",  "\"", "|",  "\n",   " ",     "\t",
        ":", "#", ",",  "-",  "*",   "a:\n ", "- - ", "[]", "{}", "[a", "{a: ", "---\n", "\"\\u"}) {
    for (const std::size_t times : {100U, 10'000U, 200'000U}) {
      std::string text;
      for (std::size_t i = 0; i < times; ++i) text += token;
      texts.push_back(text);
      texts.push_back("layers: " + text);
    }
  }
  std::string wide = "layers:\n";
  for (int i = 0; i < 20'000; ++i) wide += fmt::format("- l{}: {{matmul: 1x{} * 1x1}}\n", i, i);
  texts.push_back(wide);
  std::string keys;
  for (int i = 0; i < 20'000; ++i) keys += fmt::format("k{}: 1\n", i);
  texts.push_back(keys);
  std::string chain = "layers:\n";
  for (int i = 0; i < 10'000; ++i) chain += fmt::format("- l{}: {{matmul: 1x1 * 1x1}}\n", i);
  texts.push_back(chain);
  texts.push_back(std::string(17U << 20U, 'a'));
  Outcome outcome;
  for (const std::string& text : texts) {
    attempt([&] { read_workload(parse_yaml(text, "w.yaml")); }, outcome, text.substr(0, 200));
    attempt([&] { parse_json(text, "w.json"); }, outcome, text.substr(0, 200));
  }
  CHECK(outcome.slowest_s < hang_s);
  MESSAGE(fmt::format("slowest {:.3f} s", outcome.slowest_s));
}
