// The gemmini family with the loop model against the Timeloop points published with DOSA (Hong et al., MICRO 2023).
// These points were made with an older Timeloop. By hand on single rows: it does not spare the first read of a partial
// sum in the accumulator, and it does not keep the overlap of sliding windows; the loop model does both, as today's
// Timeloop does. Pointwise convolutions (no windows) show what is left of the difference.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/spaces/family/family.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

using Row = std::map<std::string, std::string>;

// "L3[WIO] P28 R7 - L2[WI] N1 K4X - L1[O] K2 C3X - L0[W] P2": outermost level first, outermost loop first.
Mapping read_mapping(const std::string& text, const Layer& layer) {
  Mapping mapping;
  mapping.levels.resize(4);
  std::istringstream words(text);
  std::string word;
  int level = 3;
  while (words >> word) {
    if (word == "-") continue;
    if (word[0] == 'L') {
      level = word[1] - '0';
      for (char role : word.substr(2)) {
        const char* name = role == 'W' ? "Weights" : role == 'I' ? "Inputs" : role == 'O' ? "Outputs" : "";
        if (*name != '\0') mapping.levels[level].keep |= 1U << static_cast<unsigned>(find_tensor(layer, name));
      }
      continue;
    }
    const bool spatial = word.back() == 'X';
    const Loop loop{find_dimension(layer, word.substr(0, 1)), std::stoll(word.substr(1))};
    if (loop.factor == 1) continue;
    // channels are unrolled over the rows (Y) of our family, kernels over the columns (X)
    if (!spatial)
      mapping.levels[level].temporal.push_back(loop);
    else if (level == 1)
      mapping.levels[level].spatial_y.push_back(loop);
    else
      mapping.levels[level].spatial_x.push_back(loop);
  }
  return mapping;
}

Layer read_layer(Row& row) {
  const auto number = [&](const char* key) { return std::stoll(row[key]); };
  return make_conv({.name = "dosa",
                    .batch = number("prob.N"),
                    .in_channels = number("prob.C"),
                    .out_channels = number("prob.K"),
                    .out_height = number("prob.P"),
                    .out_width = number("prob.Q"),
                    .kernel_height = number("prob.R"),
                    .kernel_width = number("prob.S"),
                    .stride_height = number("prob.Hstride"),
                    .stride_width = number("prob.Wstride"),
                    .dilation_height = number("prob.Hdilation"),
                    .dilation_width = number("prob.Wdilation")});
}

Point read_point(Row& row, const Family& gemmini) {
  const auto index = [&](const char* name, double value) {
    const auto& parameter = gemmini.space().parameters()[gemmini.space().find(name)];
    const auto& values = std::get<OrdinalValues>(parameter.domain).values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == value) return static_cast<double>(i);
    }
    FAIL("no value ", value, " of ", name);
    return 0.0;
  };
  const double columns = std::stod(row["arch.meshX"]);
  return {{index("hw.pe_dim", columns), index("hw.scratchpad_kb", std::stod(row["arch.mem2_entries"]) / 1024.0),
           index("hw.accumulator_kb", std::stod(row["arch.mem1_entries"]) * columns * 4.0 / 1024.0)}};
}

struct Comparison {
  double cycles = 0.0, energy = 0.0, edp = 0.0, area = 0.0;  // relative errors
};

Comparison compare(Row& row, const Family& gemmini) {
  const Layer layer = read_layer(row);
  const Architecture machine = gemmini.instantiate(read_point(row, gemmini));
  const Evaluation answer = LoopModel().evaluate(layer, machine, read_mapping(row["mapping.mapping"], layer));
  REQUIRE(answer.valid());
  const double cycles = std::stod(row["target.cycle"]), energy = std::stod(row["target.energy"]) * 1e6;
  const auto error = [](double ours, double theirs) { return std::abs(ours / theirs - 1.0); };
  return {error(static_cast<double>(answer.cycles), cycles), error(answer.energy_pj, energy),
          error(answer.edp(), cycles * energy), error(answer.area_um2 * 1e-6, std::stod(row["target.area"]))};
}

Row made_of(const std::string& header, const std::string& line) {
  const auto split = [](const std::string& text) {
    std::vector<std::string> cells;
    std::istringstream stream(text);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
  };
  Row row;
  const auto keys = split(header), cells = split(line);
  for (std::size_t i = 0; i < keys.size() && i < cells.size(); ++i) row[keys[i]] = cells[i];
  return row;
}

}  // namespace

TEST_CASE("three published points") {
  const Family gemmini = load_family("gemmini");
  const std::string header =
      "target.cycle,target.energy,target.area,mapping.mapping,arch.meshX,arch.mem1_entries,arch.mem2_entries,"
      "prob.C,"
      "prob.Hdilation,prob.Hstride,prob.K,prob.N,prob.P,prob.Q,prob.R,prob.S,prob.Wdilation,prob.Wstride";
  for (const char* line :
       {"10436608,3057.01,0.550372,L3[WIO] P28 R7 Q56 K8 - L2[WI] N1 K4X - L1[O] K2 S7 Q2 P2 C3X - L0[W] "
        "P2,32,128,2048,3,1,2,64,1,112,112,7,7,1,2",
        "9834496,2318.097536,0.550372,L3[WIO] P28 Q56 K8 S7 - L2[WI] N1 K4X - L1[O] K2 R7 Q2 C3X - L0[W] "
        "P4,32,128,2048,3,1,2,64,1,112,112,7,7,1,2",
        "10436608,4516.943239,0.550372,L3[WIO] P28 R7 Q56 K8 S7 - L2[WI] N1 K4X - L1[O] K2 Q2 C3X - L0[W] "
        "P4,32,128,2048,3,1,2,64,1,112,112,7,7,1,2"}) {
    Row row = made_of(header, line);
    const Comparison result = compare(row, gemmini);
    CHECK(result.cycles < 0.01);
    CHECK(result.energy < 0.04);
    CHECK(result.area < 0.2);
  }
}

TEST_CASE("all published points: EDP within 0.6 % on average, energy of pointwise layers within 0.1 %") {
  const std::string path = dovetail::testing::reference_path("dosa/timeloop_points.csv.gz").string();
  if (!std::filesystem::exists(path)) {
    dovetail::testing::skip("the reference data is not here");
    return;
  }
  const std::string command = "gzip -dc '" + path + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::string text;
  std::vector<char> chunk(1 << 16);
  while (const std::size_t count = fread(chunk.data(), 1, chunk.size(), pipe.get())) text.append(chunk.data(), count);
  std::istringstream lines(text);
  std::string header, line;
  std::getline(lines, header);
  const Family gemmini = load_family("gemmini");
  double edp = 0.0, worst = 0.0, area = 0.0, pointwise_energy = 0.0;
  int rows = 0, off = 0, pointwise = 0;
  for (int number = 0; std::getline(lines, line); ++number) {
    if (number % 3 != 0) continue;  // every third keeps the test short
    Row row = made_of(header, line);
    const Comparison result = compare(row, gemmini);
    edp += result.edp;
    area += result.area;
    worst = std::max(worst, result.edp);
    off += static_cast<int>(result.edp > 0.01);
    if (row["prob.R"] == "1" && row["prob.S"] == "1") {
      pointwise_energy += result.energy;
      ++pointwise;
    }
    ++rows;
  }
  REQUIRE(rows > 10000);
  MESSAGE("points ", rows, ", mean EDP error ", edp / rows, ", worst ", worst, ", above 1 % ", off,
          ", mean area error ", area / rows);
  MESSAGE("pointwise ", pointwise, ", mean energy error ", pointwise_energy / pointwise);
  CHECK(edp / rows < 0.006);
  CHECK(pointwise_energy / pointwise < 0.001);
  CHECK(area / rows < 0.2);
}
