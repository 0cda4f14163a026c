// SCALE-Sim's own runs: every field of every open case, exactly.
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/accelerators/systolic/systolic.hpp>

#include <cmath>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;
using nlohmann::json;

namespace {

SystolicInput read(const json& j) {
  SystolicInput in;
  const json& layer = j["layer"];
  in.is_convolution = layer["type"] == "conv";
  if (in.is_convolution)
    in.convolution = {layer["ifmap_h"],  layer["ifmap_w"],     layer["filt_h"], layer["filt_w"],
                      layer["channels"], layer["num_filters"], layer["stride"]};
  else
    in.product = {layer["M"], layer["N"], layer["K"]};
  const std::string flow = j["dataflow"];
  in.dataflow = flow == "os"   ? SystolicDataflow::output_stationary
                : flow == "ws" ? SystolicDataflow::weight_stationary
                               : SystolicDataflow::input_stationary;
  in.array_rows = j["array_rows"], in.array_columns = j["array_cols"];
  in.ifmap_sram_kb = j["ifmap_sram_kb"], in.filter_sram_kb = j["filter_sram_kb"];
  in.ofmap_sram_kb = j["ofmap_sram_kb"];
  if (j["mode"] == "USER") in.bandwidth_words_per_cycle = j["bandwidth_words_per_cycle"];
  return in;
}

/// Exact, spans and averages included.
void compare(const SystolicResult& r, const json& out, int version) {
  CHECK(r.total_cycles == out["total_cycles"]);
  CHECK(r.stall_cycles == out["stall_cycles"]);
  if (version == 3) CHECK(r.total_cycles_incl_prefetch == out["total_cycles_incl_prefetch"]);
  CHECK(r.overall_util_pct == doctest::Approx(out["overall_util_pct"].get<double>()).epsilon(1e-9));
  CHECK(std::fabs(r.mapping_eff_pct - out["mapping_eff_pct"].get<double>()) < 2e-6);
  CHECK(std::fabs(r.compute_util_pct - out["compute_util_pct"].get<double>()) < 2e-6);
  CHECK(r.ifmap.sram_words == out["sram_reads_ifmap"]);
  CHECK(r.filter.sram_words == out["sram_reads_filter"]);
  CHECK(r.ofmap.sram_words == out["sram_writes_ofmap"]);
  CHECK(r.ifmap.dram_words == out["dram_reads_ifmap"]);
  CHECK(r.filter.dram_words == out["dram_reads_filter"]);
  CHECK(r.ofmap.dram_words == out["dram_writes_ofmap"]);
  const json& span = out["dram_span_cycles"];
  const json& average = out["avg_bw_words_per_cycle"];
  const auto operand = [&](const OperandTraffic& t, const char* name) {
    CHECK(t.dram_first_cycle == span[name][0]);
    CHECK(t.dram_last_cycle == span[name][1]);
    CHECK(std::fabs(t.dram_words_per_cycle - average[std::string("dram_") + name].get<double>()) < 2e-6);
    CHECK(std::fabs(t.sram_words_per_cycle - average[std::string("sram_") + name].get<double>()) < 2e-6);
  };
  operand(r.ifmap, "ifmap");
  operand(r.filter, "filter");
  operand(r.ofmap, "ofmap");
}

int check_file(const std::string& name) {
  std::ifstream file(dovetail::testing::reference_path("scalesim/cases/" + name));
  if (!file) {
    dovetail::testing::skip("no shared reference data");
    return 0;
  }
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const json c = json::parse(line);
    CAPTURE(c["id"].get<std::string>());
    SystolicInput in = read(c["input"]);
    if (!c["out"].contains("error")) compare(evaluate_systolic(in), c["out"], 3);
    if (c.contains("out_v2") && !c["out_v2"].contains("error")) {
      in.version = 2;
      compare(evaluate_systolic(in), c["out_v2"], 2);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("without bandwidth limit every field equals SCALE-Sim's") {
  check_file("calc.jsonl");
}
TEST_CASE("with a bandwidth limit every field equals SCALE-Sim's") {
  check_file("user.jsonl");
}

TEST_CASE("a few figures of SCALE-Sim stay true without the reference data") {
  SystolicInput in;  // case calc_c1x1_is_128x128_16k
  in.is_convolution = true;
  in.convolution = {14, 14, 1, 1, 64, 32, 1};
  in.dataflow = SystolicDataflow::input_stationary;
  in.array_rows = in.array_columns = 128;
  in.ifmap_sram_kb = in.filter_sram_kb = in.ofmap_sram_kb = 16;
  const SystolicResult r = evaluate_systolic(in);
  CHECK(r.total_cycles == 827);
  CHECK(r.total_cycles_incl_prefetch == 1626);
  CHECK(r.ifmap.dram_words == 12544);
  CHECK(r.ifmap.dram_first_cycle == -751);
  CHECK(r.ifmap.dram_last_cycle == 128);
  CHECK(r.filter.dram_first_cycle == -212);
  CHECK(r.ofmap.sram_words == 6272);
}

TEST_CASE("a systolic-array/1 document is the input object of a case, and answers the fields of its out") {
  const std::string text = R"({"schema": "systolic-array/1",
    "layer": {"type": "conv", "ifmap_h": 14, "ifmap_w": 14, "filt_h": 1, "filt_w": 1, "channels": 64,
              "num_filters": 32, "stride": 1},
    "dataflow": "is", "array_rows": 128, "array_cols": 128, "ifmap_sram_kb": 16, "filter_sram_kb": 16,
    "ofmap_sram_kb": 16, "mode": "CALC", "bandwidth_words_per_cycle": null})";
  Diagnostics diagnostics;
  const Node document = parse_json(text, "case.json");
  REQUIRE(is_systolic(document));
  const auto out = evaluate_systolic(document, diagnostics);
  CHECK_FALSE(diagnostics.failed());
  CHECK(out["total_cycles"] == 827);
  CHECK(out["dram_span_cycles"]["ifmap"][0] == -751);
  CHECK(out["avg_bw_words_per_cycle"]["dram_ifmap"] == 14.254545);
}

TEST_CASE("everything wrong in a systolic-array/1 document is said at once, at its place") {
  Diagnostics diagnostics;
  const auto out = evaluate_systolic(parse_yaml(R"(
schema: systolic-array/1
layer: {type: gemm, M: 0, N: 4, K: x}
dataflow: rs
array_row: 4
array_cols: 4
ifmap_sram_kb: 1
filter_sram_kb: 1
ofmap_sram_kb: 1
mode: CALC
bandwidth_words_per_cycle: 3
)",
                                                "bad.yaml"),
                                     diagnostics);
  CHECK(out.is_null());
  CHECK(diagnostics.errors() == 6);
  for (const auto& d : diagnostics.all()) CHECK(to_string(d).substr(0, 9) == "bad.yaml:");
}
