// Malformed lines to every reader of JSON lines, and mutated studies, spaces and families: never a crash, never a hang,
// always a message. DOVETAIL_LINES (100000 in full) and DOVETAIL_MUTATIONS (10000) set how many.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/external/command_evaluator.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "support/mutator.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

std::size_t wanted(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoul(text, nullptr, 10) : otherwise;
}

Design small_design() {
  return read_design(parse_yaml(R"(schema: dovetail-design/1
layer: {name: fc, matmul: 8x16 * 16x4}
arch:
  compute: {mesh_x: 4, energy_per_op: 1}
  levels:
  - {name: Buffer, capacity_words: 4096, energy: 2}
  - {name: DRAM, is_dram: true, energy: 100}
mapping: {levels: [{level: Buffer, spatial_x: N4, temporal: "M8 K16"}, {level: DRAM}]}
)",
                                "design"));
}

void summarize(const Outcome& outcome) {
  CHECK(outcome.unlocated == 0);
  CHECK(outcome.slowest_s < hang_s);
  MESSAGE(fmt::format("{} read, {} refused, slowest {:.3f} s", outcome.read, outcome.refused, outcome.slowest_s));
}

}  // namespace

TEST_CASE("design lines, as `evaluate -` reads them") {
  const Design design = small_design();
  const std::string good = to_json(design).dump();
  const LoopModel model;
  Outcome outcome;
  Mutator mutate(11);
  for (std::size_t i = 0; i < wanted("DOVETAIL_LINES", 4000); ++i) {
    const std::string line = mutate(good);
    attempt(
        [&] {
          const Design read = read_design(parse_json(line, "line 1"));
          if (!read.mapping) return;
          to_json(read.layer, read.architecture, model.evaluate(read.layer, read.architecture, *read.mapping)).dump();
        },
        outcome, line);
  }
  summarize(outcome);
}

TEST_CASE("answers of a user's simulator") {
  const Design design = small_design();
  const std::string good = to_json(design.layer, design.architecture,
                                   LoopModel().evaluate(design.layer, design.architecture, *design.mapping))
                               .dump();
  const std::vector<std::string> seeds = {
      good,
      R"({"cycles": 12, "energy_pj": 3.5})",
      R"({"valid": false, "violations": [{"constraint": "capacity", "level": "B"}]})",
      R"({"failed": "no license"})",
      R"({"failed": ""})",
      R"({"error": "\u0000"})"};
  std::size_t read = 0, refused = 0;
  double slowest = 0.0;
  Mutator mutate(12);
  for (std::size_t i = 0; i < wanted("DOVETAIL_LINES", 4000); ++i) {
    const std::string line = mutate(seeds[i % seeds.size()]);
    const double start = seconds();
    try {
      const Evaluation answer = read_answer(line, design.layer, design.architecture);
      CHECK((!answer.valid() || (answer.cycles >= 1 && answer.energy_pj >= 0.0)));
      CHECK_NOTHROW(to_json(design.layer, design.architecture, answer));
      ++read;
    } catch (const std::runtime_error& error) {
      CHECK_FALSE(std::string(error.what()).empty());
      CHECK_NOTHROW(nlohmann::json(std::string(error.what())).dump());  // UTF-8, as stores and reports need it
      ++refused;
    }
    slowest = std::max(slowest, seconds() - start);
  }
  CHECK(slowest < hang_s);
  MESSAGE(fmt::format("{} read, {} refused, slowest {:.3f} s", read, refused, slowest));
}

TEST_CASE("outcomes, as the C API reads them") {
  const Space space({{"x", RealRange{0.0, 1.0, false}}, {"flow", CategoricalValues{{"ws", "os"}}}}, {});
  const std::vector<std::string> seeds = {R"([{"id": 0, "metrics": {"cost": 1.5}}, {"id": 1, "failed": "why"}])",
                                          R"([{"point": {"x": 0.5, "flow": "ws"}, "metrics": {"cost": NaN}}])"};
  std::size_t read = 0, refused = 0;
  Mutator mutate(13);
  for (std::size_t i = 0; i < wanted("DOVETAIL_LINES", 4000); ++i) {
    try {
      read_outcomes(mutate(seeds[i % seeds.size()]), space);
      ++read;
    } catch (const AskTellError& error) {
      CHECK(std::string(error.what()).size() > 3);
      ++refused;
    }
  }
  MESSAGE(fmt::format("{} read, {} refused", read, refused));
}

TEST_CASE("mutated studies, spaces to serve, and families") {
  const std::string study = R"(workload: mlp
family: eyeriss
fixed: {hw.pe_x: 14}
space: {hw.gb_block: [4, 8], hw.input_words: {low: 4, high: 64}}
objective: energy^2*cycles
specs: [area_um2 <= 4e6, {latency_ms: {max: 3}}]
designer: {name: bayes, kernel: matern52}
mapper: {name: exact, gap: 0.01}
evaluator: {command: python3 s.py, timeout: 5, candidates: 2}
trials: 60
)";
  const std::string space = R"(schema: dovetail-space/1
parameters:
- {name: x, kind: real, low: 1e-3, high: 1, log: true}
- {name: n, kind: integer, low: 1, high: 64}
- {name: tile, kind: ordinal, values: [1, 2, 4]}
- {name: flow, kind: categorical, values: [ws, os]}
- {name: order, kind: permutation, values: [K, C, P]}
constraints: ["64 % n == 0", "flow == 'ws' or tile <= 2"]
goal: {objectives: [{metric: edp}], specs: [{metric: area, max: 2}]}
)";
  const std::string family(embedded::find(embedded::families(), "eyeriss")->text);
  Outcome outcome;
  Mutator mutate(14);
  for (std::size_t i = 0; i < wanted("DOVETAIL_MUTATIONS", 600); ++i) {
    const std::string text = mutate(i % 3 == 0 ? study : i % 3 == 1 ? space : family);
    attempt(
        [&] {
          if (i % 3 == 0) {
            Diagnostics diagnostics;
            read_study(parse_yaml(text, "s.yaml"), diagnostics);
            diagnostics.raise();
          } else if (i % 3 == 1) {
            SessionOptions options;
            options.designer = "random";
            open_session(parse_yaml(text, "s.yaml"), options)->ask(2);
          } else {
            read_family(text, "f.yaml");
          }
        },
        outcome, text);
  }
  summarize(outcome);
}
