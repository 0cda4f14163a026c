// The tiles of a job: how many, in which order, which are alike, and what of the image each one sees.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <dovetail/accelerators/gemmini/gemmini.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail::gemmini {

using Index = std::array<std::int64_t, gemmini_dimensions>;

/// Tensors of a job.
enum { input, weight, output, tensors };

/// A tile: an index of its class per dimension, and which loops are beyond their first index.
struct Place {
  Index index{};
  unsigned beyond = 0;  ///< bit per loop
  bool first_sum = true, last_sum = true;
};

/// Indices of a loop with equal tiles, merged: first index and count.
struct Segment {
  std::int64_t index = 0, count = 1;
};

class Tiles {
 public:
  explicit Tiles(const GemminiJob& job);

  const GemminiJob& job() const { return job_; }
  std::int64_t count(int d) const { return counts_[at(d)]; }
  const std::vector<int>& loops() const { return loops_; }  ///< dimensions with several tiles, innermost first
  const std::vector<Segment>& segments(int d) const { return segments_[at(d)]; }
  std::int64_t columns() const { return columns_; }  ///< of the input image
  std::int64_t rows() const { return rows_; }

  std::int64_t extent(int d, std::int64_t index) const {
    return std::min(job_.tile[at(d)], job_.extent[at(d)] - index * job_.tile[at(d)]);
  }
  /// Pixels of a direction that a tile loads: inside the image, and in all.
  std::pair<std::int64_t, std::int64_t> pixels(int along, int kernel, const Index& index) const;

 private:
  std::int64_t image(int along, int kernel) const;
  void segment();
  std::vector<std::int64_t> probes(int d) const;

  const GemminiJob& job_;
  Index counts_{};
  std::vector<int> loops_;
  std::int64_t columns_ = 1, rows_ = 1;
  std::array<std::vector<Segment>, gemmini_dimensions> segments_;
};

}  // namespace dovetail::gemmini
