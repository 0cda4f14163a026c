// Equal tiles are found by comparing with the middle one: only the ends of a direction can differ.
#include <dovetail/accelerators/gemmini/tiles.hpp>

namespace dovetail::gemmini {

Tiles::Tiles(const GemminiJob& job) : job_(job) {
  for (int d = 0; d < gemmini_dimensions; ++d) counts_[at(d)] = job.tiles(d);
  for (const int d : job.order)
    if (counts_[at(d)] > 1) loops_.push_back(d);
  std::reverse(loops_.begin(), loops_.end());  // innermost first
  columns_ = image(gemmini_p, gemmini_r), rows_ = image(gemmini_q, gemmini_s);
  segment();
}

std::int64_t Tiles::image(int along, int kernel) const {
  return std::max<std::int64_t>(
      1, (job_.extent[at(along)] - 1) * job_.stride + job_.extent[at(kernel)] - 2 * job_.padding(kernel));
}

std::pair<std::int64_t, std::int64_t> Tiles::pixels(int along, int kernel, const Index& index) const {
  const std::int64_t start = index[at(along)] * job_.tile[at(along)] * job_.stride +
                             index[at(kernel)] * job_.tile[at(kernel)] - job_.padding(kernel);
  const std::int64_t length = (extent(along, index[at(along)]) - 1) * job_.stride + extent(kernel, index[at(kernel)]);
  const std::int64_t inside =
      std::min(start + length, along == gemmini_p ? columns_ : rows_) - std::max<std::int64_t>(start, 0);
  return {std::max<std::int64_t>(0, inside), length};
}

void Tiles::segment() {
  for (int d = 0; d < gemmini_dimensions; ++d) {
    auto& segments = segments_[at(d)];
    const std::int64_t count = counts_[at(d)];
    const bool positioned = !job_.matmul && (d == gemmini_p || d == gemmini_q || d == gemmini_r || d == gemmini_s);
    const int other = d == gemmini_p ? gemmini_r : d == gemmini_q ? gemmini_s : d == gemmini_r ? gemmini_p : gemmini_q;
    const bool along = d == gemmini_p || d == gemmini_q;
    const auto same = [&](std::int64_t a, std::int64_t b) {
      if (extent(d, a) != extent(d, b)) return false;
      if (!positioned) return true;
      for (const std::int64_t o : probes(other)) {
        Index i{}, j{};
        i[at(d)] = a, j[at(d)] = b, i[at(other)] = j[at(other)] = o;
        if (pixels(along ? d : other, along ? other : d, i) != pixels(along ? d : other, along ? other : d, j))
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
std::vector<std::int64_t> Tiles::probes(int d) const {
  const std::int64_t count = counts_[at(d)], near = 2 + std::max(job_.padding(gemmini_r), job_.padding(gemmini_s));
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

}  // namespace dovetail::gemmini
