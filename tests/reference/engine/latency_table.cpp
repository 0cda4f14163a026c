// Tables of latencies with a bias: exact on additive devices, bettered by a Gaussian process on measured ones.
#include <doctest/doctest.h>

#include <dovetail/engine/cases/latency_table_document.hpp>

#include "support/reference_data.hpp"
#include "support/reference_lines.hpp"

using namespace dovetail;
using namespace dovetail::testing;

TEST_CASE("errors on networks that were not fitted") {
  const auto cases = reference_lines("nas/cases/lut.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const auto& one : cases) {
    CAPTURE(one["device"].dump());
    Diagnostics diagnostics;
    const LatencyTableCase table_case = read_latency_table(parse_json(one.dump(), "case"), diagnostics);
    diagnostics.raise();
    const auto answer = answer_latency_table(table_case);
    const double table = answer["least_squares"]["rmse"], process = answer["gaussian_process"]["rmse"];
    CHECK(std::abs(table - one["least_squares"]["rmse"].get<double>()) <= 1e-6);
    if (one["least_squares"]["worst_error"].get<double>() < 1e-6) {
      CHECK(answer["least_squares"]["worst_error"].get<double>() <= 1e-6);
      CHECK(answer["gaussian_process"]["worst_error"].get<double>() <= 1e-3);
    } else {
      CHECK(process < table);
    }
  }
}
