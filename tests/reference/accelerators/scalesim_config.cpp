// A topology and a configuration as SCALE-Sim's users hold them give the cycles and counts that SCALE-Sim recorded.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/accelerators/import/scalesim_machine.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

using Json = nlohmann::json;

std::string topology(const Json& layer) {
  const auto number = [&](const char* key) { return layer[key].get<std::int64_t>(); };
  if (layer["type"] == "gemm") return fmt::format("Layer,M,N,K,\nl,{},{},{},\n", number("M"), number("N"), number("K"));
  return fmt::format(
      "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
      "l, {}, {}, {}, {}, {}, {}, {},\n",
      number("ifmap_h"), number("ifmap_w"), number("filt_h"), number("filt_w"), number("channels"),
      number("num_filters"), number("stride"));
}

std::string configuration(const Json& input) {
  const std::int64_t width = input["mode"] == "USER" ? input["bandwidth_words_per_cycle"].get<std::int64_t>() : 10;
  return fmt::format(
      "[general]\nrun_name = case\n\n[architecture_presets]\nArrayHeight : {}\nArrayWidth: {}\nIfmapSramSzkB: {}\n"
      "FilterSramSzkB = {}\nOfmapSramSzkB: {}\nIfmapOffset: 0\nDataflow : {}\nBandwidth : {}\n\n[layout]\n"
      "IfmapCustomLayout: False\nIfmapSRAMBankBandwidth: {}\nFilterSRAMBankBandwidth: "
      "{}\n\n[run_presets]\nInterfaceBandwidth: {}\n",
      input["array_rows"].get<int>(), input["array_cols"].get<int>(), input["ifmap_sram_kb"].get<int>(),
      input["filter_sram_kb"].get<int>(), input["ofmap_sram_kb"].get<int>(), input["dataflow"].get<std::string>(),
      width, width, width, input["mode"].get<std::string>());
}

SystolicInput imported(const Json& input) {
  std::vector<Remark> remarks;
  const auto runs =
      read_scalesim_runs(Source("t.csv", topology(input["layer"])), Source("s.cfg", configuration(input)), remarks);
  REQUIRE(runs.size() == 1);
  return runs[0].input;
}

}  // namespace

TEST_CASE("a topology with its configuration gives SCALE-Sim's own numbers") {
  const auto folder = dovetail::testing::reference_path("scalesim/cases");
  int compared = 0;
  for (const char* file : {"calc.jsonl", "user.jsonl"}) {
    std::ifstream list(folder / file);
    int of_file = 0;
    for (std::string line; std::getline(list, line) && of_file < 30;) {
      const Json row = Json::parse(line);
      if (!row["out"].contains("total_cycles")) continue;
      const SystolicInput input = imported(row["input"]);
      if (systolic_requests(input) > 2e7) continue;  // the others are checked as systolic-array/1 documents
      const SystolicResult result = evaluate_systolic(input);
      CAPTURE(row["id"].dump());
      CHECK(result.total_cycles == row["out"]["total_cycles"].get<std::int64_t>());
      CHECK(result.ifmap.sram_words == row["out"]["sram_reads_ifmap"].get<std::int64_t>());
      CHECK(result.ofmap.dram_words == row["out"]["dram_writes_ofmap"].get<std::int64_t>());
      ++of_file;
    }
    compared += of_file;
  }
  if (compared == 0) dovetail::testing::skip("there are no recorded runs of SCALE-Sim");
  MESSAGE(compared, " runs");
}

TEST_CASE("what a configuration says that is not read is refused by name") {
  const auto refusal = [](const std::string& text) {
    Diagnostics diagnostics;
    read_scalesim_machine(Source("s.cfg", text), diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) all += to_string(one) + "\n";
    return all;
  };
  const std::string good =
      "[architecture_presets]\nArrayHeight: 4\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\nOfmapSramSzkB: 1\n"
      "Dataflow: ws\nBandwidth: 10\n[run_presets]\nInterfaceBandwidth: CALC\n";
  CHECK(refusal(good).empty());
  CHECK(refusal(good + "UseRamulatorTrace: True\n").find("s.cfg:11:1: useramulatortrace is not read") !=
        std::string::npos);
  CHECK(refusal("[sparsity]\nSparsitySupport: true\n" + good).find("sparsitysupport") != std::string::npos);
  CHECK(refusal("[layout]\nIfmapSRAMBankBandwidth: 5\n[architecture_presets]\nBandwidth: x\nDataflow: oz\n")
            .find("did you mean 'os'") != std::string::npos);
}
