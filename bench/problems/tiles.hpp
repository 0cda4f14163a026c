// A tiled matrix product on an accelerator: nine discrete choices, of which 0.57 % are feasible.
#pragma once

#include "problem.hpp"

namespace problems {

/// A tiled matrix product of m x n x k on an accelerator: energy times cycles over tile sizes, array, buffer and loop
/// order. The recorded problem is the first; others are its relatives.
inline Problem tile_edp(double size_m = 256, double size_n = 128, double size_k = 512) {
  const auto powers = [](int low, int high) {
    Numbers values;
    for (int v = low; v <= high; v *= 2) values.push_back(v);
    return values;
  };
  Problem problem;
  problem.name = "tile_edp";
  problem.parameters = {ordinal("tm", powers(1, 256)), ordinal("tn", powers(1, 128)),  ordinal("tk", powers(1, 512)),
                        ordinal("sm", powers(1, 64)),  ordinal("sn", powers(1, 64)),   ordinal("px", powers(4, 64)),
                        ordinal("py", powers(4, 64)),  ordinal("buf", powers(2, 128)), category("ord", 6)};
  problem.evaluate = [=](const Numbers& x) {
    const double tm = x[0], tn = x[1], tk = x[2], sm = x[3], sn = x[4], px = x[5], py = x[6], buf = x[7];
    static constexpr int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};  // M N K
    const double counts[3] = {size_m / tm, size_n / tn, size_k / tk};
    const auto trips = [&](bool m, bool n, bool k) {
      const bool wanted[3] = {m, n, k};
      double product = 1, result = 1;
      for (const int loop : orders[static_cast<std::size_t>(x[8])]) {
        product *= counts[loop];
        if (wanted[loop]) result = product;
      }
      return result;
    };
    const double a = trips(true, false, true) * tm * tk * 2, b = trips(false, true, true) * tk * tn * 2;
    const double c = tm * tn * 4 * (2 * trips(true, true, false) - counts[0] * counts[1]);
    const double dram = a + b + c, macs = size_m * size_n * size_k;
    const double cycles = std::max(macs / (sm * sn), dram / 16);
    const double energy = macs + 100 * dram + (macs / sm + macs / sn) * (1 + 0.25 * std::log2(buf)) +
                          0.05 * cycles * px * py + 0.02 * cycles * buf;
    const auto divides = [](double small, double large) { return std::fmod(large, small) == 0 ? -1.0 : 1.0; };
    return Outcome{std::log10(energy * cycles),
                   {2 * (tm * tk + tk * tn) + 4 * tm * tn - 1024 * buf, px * py + 8 * buf - 384, sm - std::min(px, tm),
                    sn - std::min(py, tn), std::max(divides(sm, tm), divides(sn, tn)), (tm / sm) * (tn / sn) - 16,
                    px * py - 4 * sm * sn}};
  };
  problem.best_known = 13.312356;
  problem.mode = Mode::known;
  problem.known = {"2 * (tm * tk + tk * tn) + 4 * tm * tn <= 1024 * buf",
                   "px * py + 8 * buf <= 384",
                   "sm <= min(px, tm)",
                   "sn <= min(py, tn)",
                   "tm % sm == 0",
                   "tn % sn == 0",
                   "(tm / sm) * (tn / sn) <= 16",
                   "4 * sm * sn >= px * py"};
  problem.partly_known = 2;
  problem.budgets = {20, 30, 35, 40, 60, 100};
  return problem;
}

}  // namespace problems
