// Requests, beats and misses of the rows of a tile; occupancy of the array.
#include <dovetail/accelerators/gemmini/costs.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/accelerators/gemmini/rows.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail::gemmini {
namespace {

/// Share of a DRAM page between rows that follow each other.
double page_share(std::int64_t stride) {
  return std::min(1.0, static_cast<double>(stride) / 8192.0);
}

}  // namespace

TileCosts::TileCosts(const Tiles& tiles, const GemminiConstants& constants)
    : tiles_(tiles),
      job_(tiles.job()),
      g_(constants),
      start_(job_.matmul ? 0 : static_cast<std::int64_t>(constants.offset)),
      caches_(tiles, constants) {
  const auto row = [&](int d, std::int64_t index, std::int64_t piece) {
    return row_of_pieces(tiles.extent(d, index), job_.extent[at(d)], job_.tile[at(d)], start_, piece);
  };
  const std::int64_t stored = job_.matmul ? 64 : job_.dim;  // bytes of a row that one mvout takes
  const auto last = [&](int d) { return tiles.count(d) - 1; };
  input_row_ = {row(gemmini_c, 0, 64), row(gemmini_c, last(gemmini_c), 64)};
  weight_row_ = {row(gemmini_k, 0, 64), row(gemmini_k, last(gemmini_k), 64)};
  output_row_ = {row(gemmini_k, 0, stored), row(gemmini_k, last(gemmini_k), stored)};
}

double TileCosts::read_lines(int tensor, unsigned beyond, double lines, std::int64_t stride) const {
  const Caches::Miss m = caches_.source(tensor, beyond);
  return lines * (m.llc * g_.read_llc + m.dram * g_.read_dram + (m.llc + m.dram) * g_.read_row * page_share(stride));
}

double TileCosts::write_lines(unsigned beyond, double lines, std::int64_t stride) const {
  const Caches::Miss m = caches_.source(output, beyond);
  return lines * (m.llc * g_.write_llc + m.dram * g_.write_dram + (m.llc + m.dram) * g_.write_row * page_share(stride));
}

double TileCosts::combine(double beats, double lines) const {
  return g_.overlap * std::max(beats, lines) + (1.0 - g_.overlap) * (beats + lines);
}

TileCost TileCosts::operator()(const Place& place) const {
  TileCost out;
  Index e;
  for (int d = 0; d < gemmini_dimensions; ++d) e[at(d)] = tiles_.extent(d, place.index[at(d)]);
  const std::int64_t d = job_.dim;
  const std::int64_t p = e[gemmini_p], q = e[gemmini_q], n = e[gemmini_n], k = e[gemmini_k], c = e[gemmini_c],
                     r = e[gemmini_r], s = e[gemmini_s];
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  const std::int64_t kb = ceil_div(k, d), cb = ceil_div(c, d);
  const double narrow = real(std::min<std::int64_t>(d, 16));  // bytes per cycle into the scratchpad

  // Loads.
  double rows = real(p), whole_rows = real(p), image_rows = 1.0;
  if (!job_.matmul) {
    const auto [columns_in, columns] = tiles_.pixels(gemmini_p, gemmini_r, place.index);
    const auto [rows_in, rows_all] = tiles_.pixels(gemmini_q, gemmini_s, place.index);
    rows = real(columns_in * rows_in * n), whole_rows = real(columns * rows_all * n);
    image_rows = real(rows_in * n);
  }
  const std::int64_t all_c = job_.extent[gemmini_c], all_k = job_.extent[gemmini_k];
  const Packets& in = input_row_[c == tiles_.extent(gemmini_c, 0) ? 0 : 1];
  const Footprint in_lines = footprint(rows / std::max(1.0, image_rows), real(c), real(all_c), start_);
  const double in_beats =
      rows * std::max(g_.beat * in.beats + g_.packet * in.packets + g_.read_same * in.repeats, real(c) / narrow);
  const double in_miss = read_lines(input, place.beyond, in_lines.lines * image_rows, all_c);
  const double in_commands = std::ceil(rows / real(d)) * real(ceil_div(c, 64));
  const Packets& w = weight_row_[k == tiles_.extent(gemmini_k, 0) ? 0 : 1];
  const double w_rows = real(c * r * s);
  const Footprint w_lines = footprint(w_rows, real(k), real(all_k), start_);
  const double w_beats =
      w_rows * std::max(g_.beat * w.beats + g_.packet * w.packets + g_.read_same * w.repeats, real(k) / narrow);
  const double w_miss = read_lines(weight, place.beyond, w_lines.lines, all_k);
  const double w_commands = real(r * s * cb) * real(ceil_div(k, 64));
  out.load = combine(in_beats, in_miss) + combine(w_beats, w_miss) + (in_commands + w_commands) * g_.move_in +
             (whole_rows - rows) * real(cb) * g_.pad_block;

  // Execution.
  const std::int64_t streams = job_.matmul ? 1 : n * q;
  const std::int64_t rest = p % d;
  const std::int64_t least = std::max<std::int64_t>(rest, 4);
  const double stream = real(streams) * (real(p / d * std::max<std::int64_t>(d, 4)) + (rest > 0 ? real(least) : 0.0));
  const double tail = real(d - (rest > 0 ? least : d));
  const double multiplications = real(kb * cb * r * s) * real(streams * ceil_div(p, d));
  out.execute = std::max(real(kb * cb * r * s) * (stream + std::max(0.0, tail)),
                         multiplications * (3.0 * real(d) + g_.window) / 8.0);

  // Stores.
  if (place.first_sum) out.zero = g_.zero_row * real(n * q * p * kb);
  if (place.last_sum) {
    const double pixels_out = real(n * q * p);
    const Packets& row = output_row_[k == tiles_.extent(gemmini_k, 0) ? 0 : 1];
    const Footprint o = footprint(real(p), real(k), real(all_k), start_);
    const double same_line = std::max(0.0, 1.0 - real(all_k) / 16.0);  // neighbouring pixels of narrow rows
    out.store = combine(pixels_out * row.packets * (g_.store_packet + g_.write_same * same_line),
                        write_lines(place.beyond, o.lines * real(n * q), all_k));
  }
  out.chunks = job_.matmul ? real(cb) : 1.0;
  return out;
}

}  // namespace dovetail::gemmini
