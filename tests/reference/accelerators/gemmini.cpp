// The gemmini preset beside RTL simulations (rows published with DOSA).
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/gemmini/fit.hpp>
#include <dovetail/accelerators/gemmini/rows.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

/// The text of a compressed table, or nothing without the shared data or without gzip.
std::string unpack(const std::string& name) {
  const std::string path = dovetail::testing::reference_path("dosa/" + name).string();
  if (!std::ifstream(path)) {
    dovetail::testing::skip("no shared reference data");
    return {};
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("gzip -dc '" + path + "'").c_str(), "r"), pclose);
  std::string text;
  char buffer[1 << 14];
  for (std::size_t n; pipe && (n = std::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) text.append(buffer, n);
  return text;
}

std::vector<MeasuredRow> of_dim(const std::vector<MeasuredRow>& rows, int dim) {
  std::vector<MeasuredRow> own;
  for (const MeasuredRow& row : rows)
    if (row.job.dim == dim) own.push_back(row);
  return own;
}

}  // namespace

TEST_CASE("mapped tiles of the 16 x 16 RTL: never fitted, though automatically tiled rows of their layers were") {
  const std::string text = unpack("rtl_designs.csv.gz");
  if (text.empty()) return;
  MeasuredOptions options;
  options.target = "target.gemmini_cycle";
  options.dim = 16;
  options.odd_kernels = false;
  const MeasuredRows rows = read_measured_rows(text, "rtl_designs.csv", options);
  CHECK(rows.rows.size() == 74);
  const GemminiConstants& constants = find_machine("gemmini")->constants;
  const FitError all = fit_error(rows.rows, constants);
  MESSAGE("mean ", all.mean_percent, " %, median ", all.median_percent, " %, rank correlation ", all.spearman);
  CHECK(all.mean_percent < 10.0);
  CHECK(all.median_percent < 5.0);
  CHECK(all.spearman > 0.99);
  std::vector<MeasuredRow> bound;  // by computation
  for (const MeasuredRow& row : rows.rows) {
    const GemminiResult r = run_gemmini(row.job, constants);
    if (r.execute > 0.9 * r.cycles && r.load < 0.7 * r.cycles) bound.push_back(row);
  }
  const FitError compute = fit_error(bound, constants);
  MESSAGE(compute.rows, " compute-bound rows: mean ", compute.mean_percent, " %");
  CHECK(compute.mean_percent < 3.0);
}

TEST_CASE("arrays of other sizes, never fitted") {
  const std::string text = unpack("rtl_one_design.csv.gz");
  if (text.empty()) return;
  MeasuredOptions options;
  options.old_matmul = true;
  const MeasuredRows rows = read_measured_rows(text, "rtl_one_design.csv", options);
  for (const int dim : {4, 8, 16, 32, 64}) {
    const FitError error = fit_error(of_dim(rows.rows, dim), find_machine("gemmini")->constants);
    MESSAGE("DIM ", dim, ": ", error.rows, " rows, mean ", error.mean_percent, " %, median ", error.median_percent,
            " %");
    CHECK(error.mean_percent < (dim > 16 ? 20.0 : 10.0));
    CHECK(error.spearman > 0.99);
  }
}

TEST_CASE("mapped tiles, with all rows of their layers held out of the fit") {
  const std::string mapped = unpack("rtl_designs.csv.gz"), one = unpack("rtl_one_design.csv.gz");
  if (mapped.empty() || one.empty()) return;
  MeasuredOptions check;
  check.target = "target.gemmini_cycle", check.dim = 16, check.odd_kernels = false;
  MeasuredOptions automatic;
  automatic.target = "target.gemmini_auto_cycle", automatic.tiling = MeasuredTiling::automatic;
  automatic.dim = 16, automatic.odd_kernels = false;
  MeasuredOptions all;
  all.old_matmul = true;
  const std::vector<MeasuredRow> checked = read_measured_rows(mapped, "mapped", check).rows,
                                 more = read_measured_rows(mapped, "automatic", automatic).rows;
  const std::vector<MeasuredRow> fitted = of_dim(read_measured_rows(one, "one", all).rows, 16);
  const FitError without = fit_error(checked, fit_constants(fitted, GemminiConstants{}, 8, 2));
  std::vector<MeasuredRow> both = fitted;
  both.insert(both.end(), more.begin(), more.end());
  const FitError held_out = leave_layer_out(checked, both, GemminiConstants{}, 2, 8, 2);
  MESSAGE("without automatic rows: mean ", without.mean_percent, " %, with those of other layers: mean ",
          held_out.mean_percent, " %");
  CHECK(without.mean_percent < 10.0);
  CHECK(held_out.mean_percent < 10.5);
  CHECK(held_out.spearman > 0.99);
}

TEST_CASE("a few RTL rows stay near without the shared data") {
  const std::string csv =
      "target.cycle,mapping.mapping,prob.C,prob.K,prob.N,prob.P,prob.Q,prob.R,prob.S,prob.Wstride\n"
      "44144042.0,L3[WIO] Q39 P13 - L2[WI] N1 K16X - L1[O] P3 K4 S3 R3 C8 Q5 C16X - L0[W] Q2 "
      "P10,128,64,1,390,390,3,3,1\n"
      "2510892.0,L3[WIO] P2 Q7 - L2[WI] N1 K16X - L1[O] S7 K4 R7 Q2 P4 C3X - L0[W] Q8 "
      "P14,3,64,1,112,112,7,7,2\n";
  MeasuredOptions options;
  const MeasuredRows rows = read_measured_rows(csv, "rows.csv", options);
  REQUIRE(rows.rows.size() == 2);
  const FitError error = fit_error(rows.rows, find_machine("gemmini")->constants);
  CHECK(error.mean_percent < 10.0);
  CHECK_THROWS_AS(read_measured_rows("target.cycle,prob.C\n1,2\n", "bad.csv", options), InputError);
}

TEST_CASE("rows off the bus's grid take more requests, by the rule of largest yield") {
  using gemmini::Packets;
  const Packets aligned = gemmini::row_of_pieces(16, 256, 16, 0, 64), off = gemmini::row_of_pieces(16, 256, 16, 8, 64);
  CHECK(aligned.beats == 1.0);
  CHECK(aligned.packets == 1.0);
  // At 8, 24, 40, 56: 32 bytes, 64 bytes, 32 bytes, and two times 16 bytes in two lines.
  CHECK(off.beats == doctest::Approx(2.5));
  CHECK(off.packets == doctest::Approx(1.25));
  CHECK(off.lines == doctest::Approx(1.25));
  const Packets line = gemmini::row_of_pieces(64, 256, 64, 8, 64);  // 56 bytes of one line, 8 of the next
  CHECK(line.beats == 5.0);
  CHECK(line.packets == 2.0);
  const Packets narrow = gemmini::row_of_pieces(8, 128, 8, 8, 64);  // never crosses a beat
  CHECK(narrow.beats == 1.0);
  CHECK(gemmini::footprint(10, 16, 256, 0).lines == 10.0);
  CHECK(gemmini::footprint(10, 16, 256, 8).lines == doctest::Approx(12.5));
}

TEST_CASE("the tile pipeline explains its cycles exactly and is monotone in its constants") {
  GemminiJob job;
  job.extent = {1, 56, 56, 256, 64, 3, 3};
  job.tile = {1, 7, 28, 64, 64, 3, 3};
  const GemminiConstants constants = find_machine("gemmini")->constants;
  const GemminiResult r = run_gemmini(job, constants);
  CHECK(r.execute + r.fill + r.drain + r.wait_inputs + r.wait_weights + r.wait_slot + r.wait_host ==
        doctest::Approx(r.cycles).epsilon(1e-9));
  for (const char* name : {"beat", "load_latency", "store_latency", "host_conv", "read_dram", "write_dram", "slot"})
    for (const GemminiConstant& c : gemmini_constants()) {
      if (c.name != name) continue;
      GemminiConstants slower = constants;
      slower.*c.member *= 1.5;
      CHECK(run_gemmini(job, slower).cycles >= r.cycles);
    }
}
