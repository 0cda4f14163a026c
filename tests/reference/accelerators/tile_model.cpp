// The FPGA tile model against cycles and resources that were checked with the HotNAS authors' own code.
#include <doctest/doctest.h>

#include <dovetail/accelerators/tiles/tile_document.hpp>

#include "support/reference_data.hpp"
#include "support/reference_lines.hpp"

using namespace dovetail;
using namespace dovetail::testing;

TEST_CASE("every layer, tiling and board costs what the reference says, in every edition") {
  const auto cases = reference_lines("nas/cases/tile_layers.jsonl");
  if (cases.empty()) {
    dovetail::testing::skip("the reference cases are not here");
    return;
  }
  for (const auto& one : cases) {
    CAPTURE(one["id"].dump());
    Diagnostics diagnostics;
    const auto answer = evaluate_tile_case(parse_json(one.dump(), "case"), diagnostics);
    diagnostics.raise();
    CHECK(answer["resources"] == one["resources"]);
    for (const auto& [edition, expected] : one["cycles"].items()) {
      CAPTURE(edition);
      CHECK(close(answer["cycles"][edition]["cycles"], expected["cycles"]));
      CHECK(answer["cycles"][edition]["bottleneck"] == expected["bottleneck"]);
    }
  }
}
