// The best tilings of whole networks, and compressed ones, against enumerations.
#include <doctest/doctest.h>

#include <dovetail/engine/cases/compression_document.hpp>
#include <dovetail/engine/cases/grid_document.hpp>

#include "support/reference_data.hpp"
#include "support/reference_lines.hpp"

using namespace dovetail;
using namespace dovetail::testing;

TEST_CASE("the least latency over recorded grids, its ties, and how the grid is spread") {
  const auto cases = reference_lines("nas/cases/tile_grids.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const auto& one : cases) {
    CAPTURE(one["network"].dump());
    CAPTURE(one["space"].dump());
    CAPTURE(one["edition"].dump());
    Diagnostics diagnostics;
    const auto answer = answer_tile_grid(parse_json(one.dump(), "case"), diagnostics);
    diagnostics.raise();
    for (const char* key : {"points", "feasible", "ties", "best_designs"}) {
      CAPTURE(key);
      CHECK(answer[key] == one[key]);
    }
    CHECK(close(answer["best_cycles"], one["best_cycles"]));
    CHECK(close(answer["best_ms"], one["best_ms"]));
    for (const char* key : {"random_expected_ms", "quantiles_ms"}) {
      for (const auto& [name, value] : one[key].items()) {
        CAPTURE(name);
        CHECK(answer[key][name].get<double>() == doctest::Approx(value.get<double>()).epsilon(2e-6));
      }
    }
  }
}

TEST_CASE("the zoo's networks are those of the recorded grids") {
  const auto cases = reference_lines("nas/cases/tile_grids.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const auto& one : cases) {
    auto asked = one;
    for (const char* key : {"layers", "best_cycles"}) asked.erase(key);
    CAPTURE(asked["network"].dump());
    Diagnostics diagnostics;
    const auto answer = answer_tile_grid(parse_json(asked.dump(), "case"), diagnostics);
    diagnostics.raise();
    CHECK(close(answer["best_cycles"], one["best_cycles"]));
  }
}

TEST_CASE("the most accurate pruning within a latency") {
  const auto cases = reference_lines("nas/cases/compression.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const auto& one : cases) {
    CAPTURE(one["drop"].dump());
    CAPTURE(one["cycles_at_most"].dump());
    Diagnostics diagnostics;
    const CompressionCase compression_case = read_compression(parse_json(one.dump(), "case"), diagnostics);
    diagnostics.raise();
    const CompressionResult result = compress(compression_case);
    CHECK(close(result.uncompressed_cycles, one["uncompressed_cycles"]));
    CHECK(close(compression_case.sensitivity.base, one["uncompressed_top1"]));
    REQUIRE(result.feasible);
    CHECK(close(result.metric, one["best_top1"]));
    CHECK(close(result.cycles, one["cycles"]));
    CHECK(result.cycles <= compression_case.cycles_at_most);
    CHECK(to_json(compression_case, result)["best_hardware"] == one["best_hardware"]);
  }
}
