#include <dovetail/accelerators/gemmini.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace dovetail {

const std::vector<GemminiConstant>& gemmini_constants() {
  using G = GemminiConstants;
  static const std::vector<GemminiConstant> table = {
      {"beat", &G::beat, 1.0, 2.5},
      {"packet", &G::packet, -1.0, 3.0},
      {"move_in", &G::move_in, 0.0, 16.0},
      {"pad_block", &G::pad_block, 0.0, 1.5},
      {"zero_row", &G::zero_row, 0.0, 1.0},
      {"store_packet", &G::store_packet, 0.2, 16.0},
      {"store_beat", &G::store_beat, 0.0, 4.0},
      {"load_latency", &G::load_latency, 0.0, 400.0},
      {"execute_latency", &G::execute_latency, 0.0, 400.0},
      {"store_latency", &G::store_latency, 0.0, 400.0},
      {"host_conv", &G::host_conv, 50.0, 1500.0},
      {"host_matmul", &G::host_matmul, 50.0, 1500.0},
      {"slot", &G::slot, 0.0, 400.0},
      {"window", &G::window, 23.0, 26.0},
      {"read_llc", &G::read_llc, 0.0, 40.0},
      {"read_dram", &G::read_dram, 0.0, 80.0},
      {"write_llc", &G::write_llc, 0.0, 80.0},
      {"write_dram", &G::write_dram, 0.0, 160.0},
      {"read_row", &G::read_row, 0.0, 120.0},
      {"write_row", &G::write_row, 0.0, 400.0},
      {"read_same", &G::read_same, 0.0, 40.0},
      {"write_same", &G::write_same, 0.0, 60.0},
      {"cold_dram", &G::cold_dram, 0.0, 1.0},
      {"overlap", &G::overlap, 0.0, 1.0},
      {"l2_lines", &G::l2_lines, 1024.0, 32768.0},
      {"llc_lines", &G::llc_lines, 8192.0, 262144.0},
      {"conflict", &G::conflict, 0.0, 1.0},
  };
  return table;
}

namespace {

using Index = std::array<std::int64_t, gemmini_dimensions>;

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}
constexpr double line_bytes = 64.0;

/// Packets of a row of `bytes` at `offset`: aligned powers of two from 16 to 64 bytes, the best yield first.
struct Packets {
  double beats = 0.0, packets = 0.0, lines = 0.0;
  double repeats = 0.0;  ///< packets of a line that the packet before also touched
};

Packets packets_of_row(std::int64_t bytes, std::int64_t offset) {
  Packets p;
  std::int64_t last_line = -1;
  const std::int64_t lines = (offset + bytes + 63) / 64 - offset / 64;
  p.lines = static_cast<double>(lines);
  while (bytes > 0) {
    std::int64_t best = 16, yield = 0;
    for (const std::int64_t size : {16, 32, 64}) {
      const std::int64_t useful = std::min(bytes, size - offset % size);
      if (useful > yield) best = size, yield = useful;
    }
    p.beats += static_cast<double>(best) / 16.0;
    p.packets += 1.0;
    if (offset / 64 == last_line) p.repeats += 1.0;
    last_line = offset / 64;
    offset += yield, bytes -= yield;
  }
  return p;
}

/// Mean over the offsets that rows `stride` bytes apart and tiles `step` bytes apart take.
Packets mean_packets(std::int64_t bytes, std::int64_t stride, std::int64_t step) {
  Packets sum;
  double count = 0.0;
  std::array<bool, 64> seen{};
  std::array<std::int64_t, 64> queue{};
  int filled = 1;
  seen[0] = true;
  for (int i = 0; i < filled; ++i) {  // all sums of multiples of both
    const Packets p = packets_of_row(bytes, queue[static_cast<std::size_t>(i)]);
    sum.beats += p.beats, sum.packets += p.packets, sum.lines += p.lines, sum.repeats += p.repeats,
        count += 1.0;
    for (const std::int64_t move : {stride % 64, step % 64}) {
      const std::int64_t next = (queue[static_cast<std::size_t>(i)] + move) % 64;
      if (!seen[static_cast<std::size_t>(next)])
        seen[static_cast<std::size_t>(next)] = true, queue[static_cast<std::size_t>(filled++)] = next;
    }
  }
  sum.beats /= count, sum.packets /= count, sum.lines /= count, sum.repeats /= count;
  return sum;
}

/// A row of `bytes` loaded in pieces of at most 64 bytes.
Packets row_of_pieces(std::int64_t bytes, std::int64_t stride, std::int64_t step) {
  Packets sum;
  const std::int64_t full = bytes / 64, rest = bytes % 64;
  if (full > 0) {
    const Packets p = mean_packets(64, stride, step);
    sum.beats += static_cast<double>(full) * p.beats, sum.packets += static_cast<double>(full) * p.packets;
    sum.lines += static_cast<double>(full) * p.lines;
    sum.repeats += static_cast<double>(full) * p.repeats;
  }
  if (rest > 0) {
    const Packets p = mean_packets(rest, stride, step);
    sum.beats += p.beats, sum.packets += p.packets, sum.lines += p.lines, sum.repeats += p.repeats;
  }
  return sum;
}

/// Lines that a tile touches, and how they lie: bytes per row, distance of rows, rows.
struct Footprint {
  double lines = 0.0;
  double run_lines = 1.0;  ///< consecutive lines
  double set_share = 1.0;  ///< share of a cache's sets that these lines can reach
};

Footprint footprint(double rows, double bytes, double stride) {
  Footprint f;
  if (bytes >= stride || stride <= line_bytes) {  // rows follow each other closely
    f.run_lines = std::max(1.0, rows * std::min(stride, std::max(bytes, stride)) / line_bytes);
    f.lines = f.run_lines;
    return f;
  }
  const double phase = std::fmod(stride, line_bytes) == 0.0 && std::fmod(bytes, line_bytes) == 0.0
                           ? 0.0
                           : (std::min(bytes, line_bytes) - 1.0) / line_bytes;
  const double per_row = std::fmod(stride, line_bytes) == 0.0 && bytes <= line_bytes
                             ? std::ceil(bytes / line_bytes)
                             : bytes / line_bytes + phase;
  f.run_lines = std::max(1.0, per_row);
  f.lines = rows * std::min(f.run_lines, stride / line_bytes);
  // A stride of many lines with a common factor 2^k reaches only 1 / 2^k of the sets.
  const auto stride_lines = static_cast<std::int64_t>(stride / line_bytes);
  if (std::fmod(stride, line_bytes) == 0.0 && stride_lines > 0) {
    const double factor = static_cast<double>(stride_lines & -stride_lines);
    f.set_share = std::min(1.0, f.run_lines / factor);
  }
  return f;
}

enum { input, weight, output, tensors };

/// The loops over tiles with everything per class, and the pipeline's recurrence over them.
class Run {
 public:
  Run(const GemminiJob& job, const GemminiConstants& constants) : job_(job), g_(constants) {
    for (int d = 0; d < gemmini_dimensions; ++d) tiles_[at(d)] = job.tiles(d);
    for (const int d : job.order)
      if (tiles_[at(d)] > 1) loops_.push_back(d);
    std::reverse(loops_.begin(), loops_.end());  // innermost first
    columns_ = image(gemmini_p, gemmini_r), rows_ = image(gemmini_q, gemmini_s);
    measure_reuse();
    segment();
  }

  GemminiResult operator()() {
    State s;
    Place place;
    body(static_cast<int>(loops_.size()) - 1, place, s);
    GemminiResult r;
    r.cycles = static_cast<double>(s.time[done0]) / units;
    r.load = s.sum[0], r.execute = s.sum[1], r.store = s.sum[2], r.host = s.sum[3], r.tiles = s.sum[4];
    r.fill = s.sum[5], r.wait_inputs = s.sum[6], r.wait_weights = s.sum[7], r.wait_slot = s.sum[8],
    r.wait_host = s.sum[9];
    r.drain = static_cast<double>(s.time[done0] - s.time[array_end]) / units;
    r.execute = static_cast<double>(s.time[array_end]) / units - r.fill - r.wait_inputs - r.wait_weights -
                r.wait_slot - r.wait_host;
    r.executed_tiles = executed_;
    return r;
  }

 private:
  static constexpr std::size_t at(int d) { return static_cast<std::size_t>(d); }

  enum { host, load_end, execute_end, store_end, array_end, done0, done1, times };
  static constexpr double units = 16.0;  ///< of a cycle: times are whole numbers, so that periods are exact
  struct State {
    std::array<std::int64_t, times> time{};
    std::array<double, 11> sum{};  ///< see add_sums
  };
  static std::int64_t in_units(double cycles) { return std::llround(std::min(cycles, 0x1p50) * units); }

  /// A tile: index class per dimension, and which loops are beyond their first index.
  struct Place {
    Index index{};
    unsigned beyond = 0;  ///< bit per loop
    bool first_sum = true, last_sum = true;
  };

  /// Share of a tensor's lines in a tile that the previous iteration of loop d also touched: all when the loop does not
  /// move the tensor, neighbours in a 64-byte line when it moves along short rows, overlapping windows.
  double shared(int tensor, int d) const {
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

  std::int64_t image(int along, int kernel) const {
    return std::max<std::int64_t>(
        1, (job_.extent[at(along)] - 1) * job_.stride + job_.extent[at(kernel)] - 2 * job_.padding(kernel));
  }

  std::int64_t extent_at(int d, std::int64_t index) const {
    return std::min(job_.tile[at(d)], job_.extent[at(d)] - index * job_.tile[at(d)]);
  }

  /// Pixels of a direction that a tile loads: inside the image, and in all.
  std::pair<std::int64_t, std::int64_t> pixels(int along, int kernel, const Index& index) const {
    const std::int64_t start = index[at(along)] * job_.tile[at(along)] * job_.stride +
                               index[at(kernel)] * job_.tile[at(kernel)] - job_.padding(kernel);
    const std::int64_t length =
        (extent_at(along, index[at(along)]) - 1) * job_.stride + extent_at(kernel, index[at(kernel)]);
    const std::int64_t inside =
        std::min(start + length, along == gemmini_p ? columns_ : rows_) - std::max<std::int64_t>(start, 0);
    return {std::max<std::int64_t>(0, inside), length};
  }

  /// Indices of a loop with equal tiles, merged: first index and count.
  struct Segment {
    std::int64_t index = 0, count = 1;
  };

  void segment() {
    for (int d = 0; d < gemmini_dimensions; ++d) {
      auto& segments = segments_[at(d)];
      const std::int64_t count = tiles_[at(d)];
      const bool positioned =
          !job_.matmul && (d == gemmini_p || d == gemmini_q || d == gemmini_r || d == gemmini_s);
      const int other = d == gemmini_p   ? gemmini_r
                        : d == gemmini_q ? gemmini_s
                        : d == gemmini_r ? gemmini_p
                                         : gemmini_q;
      const bool along = d == gemmini_p || d == gemmini_q;
      const auto same = [&](std::int64_t a, std::int64_t b) {
        if (extent_at(d, a) != extent_at(d, b)) return false;
        if (!positioned) return true;
        for (const std::int64_t o : probes(other)) {
          Index i{}, j{};
          i[at(d)] = a, j[at(d)] = b, i[at(other)] = j[at(other)] = o;
          if (pixels(along ? d : other, along ? other : d, i) !=
              pixels(along ? d : other, along ? other : d, j))
            return false;
        }
        return true;
      };
      // Only the ends can differ: grow the middle from the centre.
      const std::int64_t centre = count / 2;
      const std::int64_t near =
          std::min<std::int64_t>(count, 2 + std::max(job_.padding(gemmini_r), job_.padding(gemmini_s)));
      std::int64_t low = std::min(centre, near), high = std::max(centre, count - 1 - near);
      while (low > 0 && same(low - 1, centre)) --low;
      while (low < centre && !same(low, centre)) ++low;
      while (high + 1 < count && same(high + 1, centre)) ++high;
      while (high > centre && !same(high, centre)) --high;
      for (std::int64_t i = 0; i < low; ++i) segments.push_back({i, 1});
      segments.push_back({low, high - low + 1});
      for (std::int64_t i = high + 1; i < count; ++i) segments.push_back({i, 1});
    }
  }

  /// Indices of a dimension that stand for all: the ends and the middle.
  std::vector<std::int64_t> probes(int d) const {
    const std::int64_t count = tiles_[at(d)],
                       near = 2 + std::max(job_.padding(gemmini_r), job_.padding(gemmini_s));
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > near && i < count - 1 - near && i != count / 2) continue;
      list.push_back(i);
      if (i == near && count / 2 > near)
        i = count / 2 - 1;
      else if (i == count / 2 && count - 1 - near > i)
        i = count - 2 - near;
    }
    return list;
  }

  // ---- memory ----------------------------------------------------------------------------------------------------

  /// Lines of a tensor over a box of indices: all of `inner` loops at full extent, the others one tile.
  Footprint lines_of(int tensor, const std::array<bool, gemmini_dimensions>& whole) const {
    const auto extent = [&](int d) {
      return static_cast<double>(whole[at(d)] ? job_.extent[at(d)]
                                              : std::min(job_.tile[at(d)], job_.extent[at(d)]));
    };
    const double n = extent(gemmini_n), p = extent(gemmini_p), q = extent(gemmini_q), k = extent(gemmini_k),
                 c = extent(gemmini_c);
    const double r = extent(gemmini_r), s = extent(gemmini_s);
    const auto all_k = static_cast<double>(job_.extent[gemmini_k]),
               all_c = static_cast<double>(job_.extent[gemmini_c]);
    switch (tensor) {
      case input: {
        if (job_.matmul) return footprint(p, c, all_c);
        const auto stride = static_cast<double>(job_.stride), columns_all = static_cast<double>(columns_),
                   rows_all = static_cast<double>(rows_);
        const double columns = std::min(columns_all, (p - 1) * stride + r),
                     rows = std::min(rows_all, (q - 1) * stride + s);
        Footprint f = footprint(columns, c, all_c);
        f.lines *= rows * n;
        return f;
      }
      case weight:
        return footprint(c * r * s, k, all_k);
      default: {
        Footprint f = footprint(p, k, all_k);
        f.lines *= q * n;
        return f;
      }
    }
  }

  /// For every loop: the footprint of one of its iterations, and of the whole layer, per tensor.
  void measure_reuse() {
    std::array<bool, gemmini_dimensions> whole{};
    for (std::size_t l = 0; l <= loops_.size(); ++l) {
      std::array<Footprint, tensors> f;
      for (int t = 0; t < tensors; ++t) f[at(t)] = lines_of(t, whole);
      reach_.push_back(f);
      if (l < loops_.size()) whole[at(loops_[l])] = true;
    }
    for (int t = 0; t < tensors; ++t) {
      for (std::size_t l = 0; l < loops_.size(); ++l) {
        shares_[at(t)].push_back(shared(t, loops_[l]));
        misses_[at(t)].push_back(miss(t, l));
      }
      misses_[at(t)].push_back(job_.cold ? Miss{1.0 - g_.cold_dram, g_.cold_dram} : miss(t, loops_.size()));
    }
  }

  /// Shares of a tensor's lines that come from LLC and DRAM when last touched one iteration of loop l ago.
  struct Miss {
    double llc = 0.0, dram = 0.0;
  };
  Miss miss(int tensor, std::size_t loop) const {
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
  Miss source(int tensor, unsigned beyond) const {
    Miss sum;
    double left = 1.0;
    const auto add = [&](const Miss& m, double share) {
      sum.llc += share * m.llc, sum.dram += share * m.dram;
    };
    for (std::size_t l = 0; l < loops_.size() && left > 0.0; ++l) {
      if ((beyond >> l & 1U) == 0) continue;
      const double share = shares_[at(tensor)][l];
      add(misses_[at(tensor)][l], left * share);
      left *= 1.0 - share;
    }
    add(misses_[at(tensor)].back(), left);
    return sum;
  }
  /// Share of a DRAM page between rows that follow each other.
  static double page_share(std::int64_t stride) {
    return std::min(1.0, static_cast<double>(stride) / 8192.0);
  }
  double read_lines(int tensor, unsigned beyond, double lines, std::int64_t stride) const {
    const Miss m = source(tensor, beyond);
    return lines * (m.llc * g_.read_llc + m.dram * g_.read_dram +
                    (m.llc + m.dram) * g_.read_row * page_share(stride));
  }
  double write_lines(unsigned beyond, double lines, std::int64_t stride) const {
    const Miss m = source(output, beyond);
    return lines * (m.llc * g_.write_llc + m.dram * g_.write_dram +
                    (m.llc + m.dram) * g_.write_row * page_share(stride));
  }
  double combine(double beats, double lines) const {
    return g_.overlap * std::max(beats, lines) + (1.0 - g_.overlap) * (beats + lines);
  }

  // ---- one tile --------------------------------------------------------------------------------------------------

  struct Tile {
    double load = 0.0, zero = 0.0, execute = 0.0, store = 0.0;
    double load_weights = 0.0;  ///< part of load
    double chunks = 1.0;        ///< pieces in which execution trails the loads (matrix products)
  };

  Tile tile(const Place& place) const {
    Tile out;
    Index e;
    for (int d = 0; d < gemmini_dimensions; ++d) e[at(d)] = extent_at(d, place.index[at(d)]);
    const std::int64_t d = job_.dim;
    const std::int64_t p = e[gemmini_p], q = e[gemmini_q], n = e[gemmini_n], k = e[gemmini_k],
                       c = e[gemmini_c], r = e[gemmini_r], s = e[gemmini_s];
    const auto real = [](std::int64_t x) { return static_cast<double>(x); };
    const std::int64_t kb = ceil_div(k, d), cb = ceil_div(c, d);
    const double narrow = real(std::min<std::int64_t>(d, 16));  // bytes per cycle into the scratchpad

    // Loads.
    double rows = real(p), whole_rows = real(p), image_rows = 1.0;
    if (!job_.matmul) {
      const auto [columns_in, columns] = pixels(gemmini_p, gemmini_r, place.index);
      const auto [rows_in, rows_all] = pixels(gemmini_q, gemmini_s, place.index);
      rows = real(columns_in * rows_in * n), whole_rows = real(columns * rows_all * n);
      image_rows = real(rows_in * n);
    }
    const std::int64_t all_c = job_.extent[gemmini_c], all_k = job_.extent[gemmini_k];
    const Packets in = row_of_pieces(c, all_c, job_.tile[gemmini_c]);
    const Footprint in_lines = footprint(rows / std::max(1.0, image_rows), real(c), real(all_c));
    const double in_beats =
        rows *
        std::max(g_.beat * in.beats + g_.packet * in.packets + g_.read_same * in.repeats, real(c) / narrow);
    const double in_miss = read_lines(input, place.beyond, in_lines.lines * image_rows, all_c);
    const double in_commands = std::ceil(rows / real(d)) * real(ceil_div(c, 64));
    const Packets w = row_of_pieces(k, all_k, job_.tile[gemmini_k]);
    const double w_rows = real(c * r * s);
    const Footprint w_lines = footprint(w_rows, real(k), real(all_k));
    const double w_beats =
        w_rows *
        std::max(g_.beat * w.beats + g_.packet * w.packets + g_.read_same * w.repeats, real(k) / narrow);
    const double w_miss = read_lines(weight, place.beyond, w_lines.lines, all_k);
    const double w_commands = real(r * s * cb) * real(ceil_div(k, 64));
    out.load = combine(in_beats, in_miss) + combine(w_beats, w_miss) +
               (in_commands + w_commands) * g_.move_in + (whole_rows - rows) * real(cb) * g_.pad_block;

    // Execution.
    const std::int64_t streams = job_.matmul ? 1 : n * q;
    const std::int64_t rest = p % d;
    const std::int64_t least = std::max<std::int64_t>(rest, 4);
    const double stream =
        real(streams) * (real(p / d * std::max<std::int64_t>(d, 4)) + (rest > 0 ? real(least) : 0.0));
    const double tail = real(d - (rest > 0 ? least : d));
    const double multiplications = real(kb * cb * r * s) * real(streams * ceil_div(p, d));
    out.execute = std::max(real(kb * cb * r * s) * (stream + std::max(0.0, tail)),
                           multiplications * (2.0 * real(d) + g_.window) / 8.0);

    // Stores.
    if (place.first_sum) out.zero = g_.zero_row * real(n * q * p * kb);
    if (place.last_sum) {
      const double pixels_out = real(n * q * p);
      const std::int64_t piece = job_.matmul ? 64 : d;
      const double requests = real(ceil_div(k, piece));
      const double beats = std::ceil(real(std::min(k, piece)) / 16.0);
      const Footprint o = footprint(real(p), real(k), real(all_k));
      out.store = combine(pixels_out * requests *
                              (std::max(g_.store_packet, g_.store_beat * beats) +
                               g_.write_same * std::max(0.0, 1.0 - real(all_k) / 16.0)),
                          write_lines(place.beyond, o.lines * real(n * q), all_k));
    }
    out.chunks = job_.matmul ? real(cb) : 1.0;
    return out;
  }

  void step(const Place& place, State& s) {
    ++executed_;
    const Tile t = tile(place);
    auto& x = s.time;
    const double issue = job_.matmul ? g_.host_matmul : g_.host_conv;
    const std::int64_t latency = in_units(g_.load_latency), execute = in_units(t.execute),
                       load = in_units(t.load);
    const std::int64_t before = x[array_end], issued = x[host], freed = x[done1] + in_units(g_.slot),
                       loaded = x[load_end];
    const std::int64_t start = std::max(x[host], x[done1] + in_units(g_.slot));
    x[host] = start + in_units(issue);
    const std::int64_t load_start = std::max(start, x[load_end]);
    x[load_end] = load_start + load;
    const std::int64_t ready = std::max(x[load_end], start + in_units(t.zero));
    if (job_.matmul) {  // execution trails the loads block by block
      const std::int64_t first = std::max(load_start + in_units(t.load / t.chunks) + latency, x[execute_end]);
      x[execute_end] = std::max(first + execute, ready + latency + in_units(t.execute / t.chunks));
    } else {
      x[execute_end] = std::max(ready + latency, x[execute_end]) + execute;
    }
    std::int64_t finished = x[execute_end] + in_units(2.0 * job_.dim + g_.execute_latency);
    if (t.store > 0.0) {
      x[store_end] = std::max(x[execute_end], x[store_end]) + in_units(t.store);
      finished = std::max(finished, x[store_end] + in_units(g_.store_latency));
    }
    x[done1] = x[done0];
    x[done0] = std::max(x[done0], finished);
    s.sum[0] += t.load, s.sum[1] += t.execute, s.sum[2] += t.store, s.sum[3] += issue, s.sum[4] += 1.0;
    // Why the array waited: the last of what its start needed.
    x[array_end] = x[execute_end];
    const auto gap = static_cast<double>(x[array_end] - before - execute) / units;
    const bool waits_for_loads = load_start == loaded && loaded > start;
    std::size_t cause = t.load_weights > 0.5 * t.load ? 7 : 6;
    if (before == 0)
      cause = 5;
    else if (!waits_for_loads && start == freed)
      cause = 8;
    else if (!waits_for_loads && start == issued)
      cause = 9;
    s.sum[cause] += gap;
    settle(x);
  }

  /// Raises times that cannot matter any more to the least value that matters: the host waits for a slot, loads for the
  /// host, the array for loads, stores for the array. Exact, and it makes equal situations look equal.
  void settle(std::array<std::int64_t, times>& x) const {
    x[host] = std::max(x[host], x[done1] + in_units(g_.slot));
    x[load_end] = std::max(x[load_end], x[host]);
    x[execute_end] = std::max(x[execute_end], x[load_end]);
    x[store_end] = std::max(x[store_end], x[execute_end]);
  }

  // ---- the loops -------------------------------------------------------------------------------------------------

  using Key = std::array<std::int64_t, gemmini_dimensions + 3 + times>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      std::uint64_t h = 0x9E3779B97F4A7C15ULL;
      for (const std::int64_t k : key)
        h = (h ^ static_cast<std::uint64_t>(k)) * 0xFF51AFD7ED558CCDULL, h ^= h >> 32;
      return static_cast<std::size_t>(h);
    }
  };

  Key key_of(int loop, const Place& place, const State& s) const {
    Key key{};
    std::size_t k = 0;
    for (int d = 0; d < gemmini_dimensions; ++d) key[k++] = place.index[at(d)];
    key[k++] = place.beyond;
    key[k++] = loop;
    key[k++] = (place.first_sum ? 1 : 0) + (place.last_sum ? 2 : 0);
    for (std::size_t t = 0; t < times; ++t) key[k++] = s.time[t] - s.time[done0];
    return key;
  }

  /// All tiles inside a loop body; bodies met before in the same situation are added from memory.
  void body(int loop, const Place& around, State& s) {
    if (loop < 0) return step(around, s);
    if (loop == 0) return iterate(loop, around, s);
    const Key key = key_of(loop, around, s);
    const State before = s;
    const auto known = memory_.find(key);
    if (known != memory_.end()) {
      for (std::size_t t = 0; t < times; ++t) s.time[t] = before.time[done0] + known->second.time[t];
      for (std::size_t k = 0; k < s.sum.size(); ++k) s.sum[k] += known->second.sum[k];
      return;
    }
    iterate(loop, around, s);
    if (memory_.size() > 4096) return;
    State& rise = memory_[key];
    for (std::size_t t = 0; t < times; ++t) rise.time[t] = s.time[t] - before.time[done0];
    for (std::size_t k = 0; k < s.sum.size(); ++k) rise.sum[k] = s.sum[k] - before.sum[k];
  }

  void iterate(int loop, const Place& around, State& s) {
    const int d = loops_[static_cast<std::size_t>(loop)];
    const bool reduction = d == gemmini_c || d == gemmini_r || d == gemmini_s;
    for (const Segment& segment : segments_[at(d)]) {
      // The first index of a loop and the last one of a reduction are special; what lies between repeats.
      for (std::int64_t done = 0; done < segment.count;) {
        const std::int64_t index = segment.index + done;
        const bool first = index == 0, last = index + 1 == tiles_[at(d)];
        std::int64_t equal = 1;
        if (!first && !last) {
          const bool ends = segment.index + segment.count == tiles_[at(d)];
          equal = segment.count - done - (ends && reduction ? 1 : 0);
        }
        Place inside = around;
        inside.index[at(d)] = segment.index;
        if (reduction)
          inside.first_sum = inside.first_sum && first, inside.last_sum = inside.last_sum && last;
        if (!first) inside.beyond |= 1U << loop;
        repeat(loop, inside, equal, s);
        done += equal;
      }
    }
  }

  /// `count` equal bodies; once some of them move the state by a constant, the rest is multiplied.
  void repeat(int loop, const Place& inside, std::int64_t count, State& s) {
    constexpr std::int64_t history = 4;
    std::array<State, history + 1> past;
    past[0] = s;
    for (std::int64_t i = 1; i <= count; ++i) {
      body(loop - 1, inside, s);
      past[static_cast<std::size_t>(i % (history + 1))] = s;
      for (std::int64_t period = 1; period <= std::min(i, history) && count - i >= period; ++period) {
        const State& old = past[static_cast<std::size_t>((i - period) % (history + 1))];
        const std::int64_t delta = s.time[done0] - old.time[done0];
        bool steady = true;  // every time moved by delta: a max-plus map does the same again
        for (std::size_t t = 0; t < times; ++t) steady = steady && s.time[t] - old.time[t] == delta;
        if (!steady) continue;
        const std::int64_t periods = (count - i) / period;
        for (std::size_t t = 0; t < times; ++t) s.time[t] += periods * delta;
        for (std::size_t k = 0; k < s.sum.size(); ++k)
          s.sum[k] += static_cast<double>(periods) * (s.sum[k] - old.sum[k]);
        for (std::int64_t left = count - i - periods * period; left > 0; --left) body(loop - 1, inside, s);
        return;
      }
    }
  }

  const GemminiJob& job_;
  const GemminiConstants& g_;
  Index tiles_{};
  std::vector<int> loops_;
  std::int64_t columns_ = 1, rows_ = 1;  ///< of the input image
  std::array<std::vector<Segment>, gemmini_dimensions> segments_;
  std::vector<std::array<Footprint, tensors>> reach_;
  std::array<std::vector<double>, tensors> shares_;  ///< by loop
  std::array<std::vector<Miss>, tensors> misses_;    ///< by loop, then the first touch
  std::int64_t executed_ = 0;
  std::unordered_map<Key, State, KeyHash> memory_;
};

}  // namespace

GemminiResult run_gemmini(const GemminiJob& job, const GemminiConstants& constants) {
  return Run(job, constants)();
}

bool lies_in_padding(const GemminiJob& job) {
  if (job.matmul) return false;
  const auto outside = [&](int along, int kernel) {
    const auto a = static_cast<std::size_t>(along), b = static_cast<std::size_t>(kernel);
    const std::int64_t padding = job.padding(kernel), count = job.tiles(along);
    const std::int64_t image = (job.extent[a] - 1) * job.stride + job.extent[b] - 2 * padding;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > padding && i < count - 1 - padding) i = count - 1 - padding;  // only the ends can lie outside
      for (std::int64_t j = 0; j < job.tiles(kernel); ++j) {
        const std::int64_t start = i * job.tile[a] * job.stride + j * job.tile[b] - padding;
        const std::int64_t length =
            (std::min(job.tile[a], job.extent[a] - i * job.tile[a]) - 1) * job.stride +
            std::min(job.tile[b], job.extent[b] - j * job.tile[b]);
        if (std::min(start + length, image) - std::max<std::int64_t>(start, 0) <= 0) return true;
      }
    }
    return false;
  };
  return outside(gemmini_p, gemmini_r) || outside(gemmini_q, gemmini_s);
}

std::optional<GemminiJob> gemmini_job(const Layer& layer, const Architecture& architecture,
                                      const PackedMapping& mapping) {
  GemminiJob job;
  const bool product = find_dimension(layer, "M") >= 0;
  std::array<int, max_dimensions> position{};
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    const std::string& name = layer.dimensions[d].name;
    // N Q P K C S R as in GemminiDimension; a product's B M N K are a convolution's N P K C.
    std::size_t at =
        name.size() == 1 ? std::string_view(product ? "B-MNK" : "NQPKCSR").find(name[0]) : std::string::npos;
    if (at == std::string::npos || layer.dimensions[d].extent > (std::int64_t{1} << 31)) return std::nullopt;
    position[d] = static_cast<int>(at);
    job.extent[at] = layer.dimensions[d].extent;
  }
  job.matmul = job.extent[gemmini_q] == 1 && job.extent[gemmini_r] == 1 && job.extent[gemmini_s] == 1;
  job.dim = static_cast<int>(std::clamp<std::int64_t>(architecture.compute.mesh_x, 1, 1 << 20));
  if (!product)
    for (const Tensor& tensor : layer.tensors)
      for (const Axis& axis : tensor.axes)
        for (const AxisTerm& term : axis)
          if (!tensor.written && position[static_cast<std::size_t>(term.dimension)] == gemmini_p)
            job.stride = term.coefficient;
  const int outermost = mapping.level_count - 1;
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    std::int64_t tile = 1;
    for (int l = 0; l <= outermost; ++l) {
      const PackedLevel& level = mapping.levels[static_cast<std::size_t>(l)];
      tile *= static_cast<std::int64_t>(level.spatial_x[d]) * level.spatial_y[d] *
              (l < outermost ? level.temporal[d] : 1);
    }
    job.tile[static_cast<std::size_t>(position[d])] = std::min(tile, layer.dimensions[d].extent);
  }
  std::size_t filled = 0;
  std::array<bool, gemmini_dimensions> seen{};
  const auto append = [&](int d) {
    if (!seen[static_cast<std::size_t>(d)]) seen[static_cast<std::size_t>(d)] = true, job.order[filled++] = d;
  };
  for (std::size_t i = 0; i < layer.dimensions.size(); ++i)
    append(position[mapping.levels[static_cast<std::size_t>(outermost)].order[i]]);
  for (int d = 0; d < gemmini_dimensions; ++d) append(d);
  return job;
}

}  // namespace dovetail
