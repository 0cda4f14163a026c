// Footprints between two uses of a line.
#include <dovetail/accelerators/gemmini/caches.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail::gemmini {

Caches::Caches(const Tiles& tiles, const GemminiConstants& constants)
    : tiles_(tiles),
      job_(tiles.job()),
      g_(constants),
      start_(job_.matmul ? 0 : static_cast<std::int64_t>(constants.offset)) {
  measure_reuse();
}

// Share of a tensor's lines in a tile that the previous iteration of loop d also touched: all when the loop does not
// move the tensor, neighbours in a 64-byte line when it moves along short rows, overlapping windows.
double Caches::shared(int tensor, int d) const {
  const auto tile = [&](int dimension) {
    return static_cast<double>(std::min(job_.tile[at(dimension)], job_.extent[at(dimension)]));
  };
  const auto within_line = [&](int dimension) {
    const double all = static_cast<double>(job_.extent[at(dimension)]);
    return std::max(0.0, 1.0 - tile(dimension) / std::min(line_bytes, all));
  };
  const auto window = [&](int along, int kernel) {
    const double length = (tile(along) - 1.0) * static_cast<double>(job_.stride) + tile(kernel);
    const double moved = d == along ? tile(along) * static_cast<double>(job_.stride) : tile(kernel);
    return std::max(0.0, 1.0 - moved / length);
  };
  switch (tensor) {
    case input:
      if (d == gemmini_k) return 1.0;
      if (d == gemmini_c) return within_line(gemmini_c);
      if (job_.matmul || d == gemmini_n) return 0.0;
      return d == gemmini_p || d == gemmini_r ? window(gemmini_p, gemmini_r) : window(gemmini_q, gemmini_s);
    case weight:
      if (d == gemmini_n || d == gemmini_p || d == gemmini_q) return 1.0;
      return d == gemmini_k ? within_line(gemmini_k) : 0.0;
    default:
      if (d == gemmini_c || d == gemmini_r || d == gemmini_s) return 1.0;
      return d == gemmini_k ? within_line(gemmini_k) : 0.0;
  }
}

/// Lines of a tensor over a box of indices: all of `inner` loops at full extent, the others one tile.
Footprint Caches::lines_of(int tensor, const std::array<bool, gemmini_dimensions>& whole) const {
  const auto extent = [&](int d) {
    return static_cast<double>(whole[at(d)] ? job_.extent[at(d)] : std::min(job_.tile[at(d)], job_.extent[at(d)]));
  };
  const double n = extent(gemmini_n), p = extent(gemmini_p), q = extent(gemmini_q), k = extent(gemmini_k),
               c = extent(gemmini_c);
  const double r = extent(gemmini_r), s = extent(gemmini_s);
  const auto all_k = static_cast<double>(job_.extent[gemmini_k]), all_c = static_cast<double>(job_.extent[gemmini_c]);
  switch (tensor) {
    case input: {
      if (job_.matmul) return footprint(p, c, all_c, start_);
      const auto stride = static_cast<double>(job_.stride), columns_all = static_cast<double>(tiles_.columns()),
                 rows_all = static_cast<double>(tiles_.rows());
      const double columns = std::min(columns_all, (p - 1) * stride + r),
                   rows = std::min(rows_all, (q - 1) * stride + s);
      Footprint f = footprint(columns, c, all_c, start_);
      f.lines *= rows * n;
      return f;
    }
    case weight:
      return footprint(c * r * s, k, all_k, start_);
    default: {
      Footprint f = footprint(p, k, all_k, start_);
      f.lines *= q * n;
      return f;
    }
  }
}

/// For every loop: the footprint of one of its iterations, and of the whole layer, per tensor.
void Caches::measure_reuse() {
  std::array<bool, gemmini_dimensions> whole{};
  for (std::size_t l = 0; l <= loops().size(); ++l) {
    std::array<Footprint, tensors> f;
    for (int t = 0; t < tensors; ++t) f[at(t)] = lines_of(t, whole);
    reach_.push_back(f);
    if (l < loops().size()) whole[at(loops()[l])] = true;
  }
  for (int t = 0; t < tensors; ++t) {
    for (std::size_t l = 0; l < loops().size(); ++l) {
      shares_[at(t)].push_back(shared(t, loops()[l]));
      misses_[at(t)].push_back(miss(t, l));
    }
    Miss first = miss(t, loops().size());
    if (job_.cold) first = {(1.0 - g_.cold_dram) * first.llc, (1.0 - g_.cold_dram) * first.dram + g_.cold_dram};
    misses_[at(t)].push_back(first);
  }
}

// Of lines that were last touched one iteration of the loop ago.
Caches::Miss Caches::miss(int tensor, std::size_t loop) const {
  const auto& f = reach_[loop];
  const auto between = [&](double capacity) {  // lines in the way, relative to the capacity
    double sum = 0.0;
    for (int t = 0; t < tensors; ++t) {
      const double share = t == tensor ? 1.0 - g_.conflict * (1.0 - f[at(t)].set_share) : 1.0;
      sum += f[at(t)].lines / share;
    }
    return sum / capacity;
  };
  // Random replacement: a line survives the misses in between, h = exp(-(1 - h) ratio) for a stream that repeats.
  const auto hit = [&](double ratio) {
    if (ratio <= 1.0) return 1.0;
    double h = 0.5 / ratio;
    for (int i = 0; i < 30; ++i) h = std::exp(-(1.0 - h) * ratio);
    return h;
  };
  const double l2 = hit(between(g_.l2_lines)), llc = hit(between(g_.llc_lines));
  Miss m;
  m.llc = (1.0 - l2) * llc;
  m.dram = (1.0 - l2) * (1.0 - llc);
  return m;
}

/// Where the lines of a tile come from: the innermost loop that brought them before, outwards; else the first touch.
Caches::Miss Caches::source(int tensor, unsigned beyond) const {
  Miss sum;
  double left = 1.0;
  const auto add = [&](const Miss& m, double share) { sum.llc += share * m.llc, sum.dram += share * m.dram; };
  for (std::size_t l = 0; l < loops().size() && left > 0.0; ++l) {
    if ((beyond >> l & 1U) == 0) continue;
    const double share = shares_[at(tensor)][l];
    add(misses_[at(tensor)][l], left * share);
    left *= 1.0 - share;
  }
  add(misses_[at(tensor)].back(), left);
  return sum;
}

}  // namespace dovetail::gemmini
