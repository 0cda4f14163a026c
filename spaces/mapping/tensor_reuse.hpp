// The closed form of the reuse walk for one tensor and one boundary, and how many children hold different data.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/limits.hpp>

namespace dovetail {

using TileExtents = std::array<std::int32_t, max_dimensions>;
using MeanExtents = std::array<double, max_dimensions>;

/// A temporal loop above a boundary: trip count >= 2, and the product of all inner factors of its dimension.
struct ReuseLoop {
  int dimension = 0;
  std::int64_t factor = 2, step = 1;
};

/// Words that cross a boundary into one child while the loops seen so far run once:
/// words = N x inside + rest, where N is the product of the loops that are still to come. If they bring no further
/// reuse (closed), rest = N x volume. Otherwise they may: the walk has moved along one data axis at most.
struct Reuse {
  double inside = 0.0, volume = 0.0;
  bool open = true;
  double closed_words() const { return inside + volume; }
};

/// A tensor as the search sees it: terms of extent 1 are dropped.
class TensorReuse {
 public:
  TensorReuse(const Layer& layer, const Tensor& tensor);

  unsigned relevant() const { return relevant_; }                ///< bit d: dimension d moves the tensor
  unsigned windowed() const { return windowed_; }                ///< bit d: d shares its axis with another dimension
  bool plain() const { return plain_; }                          ///< every axis is one dimension with coefficient 1
  bool product() const { return windowed_ == 0 && separable_; }  ///< no reuse but stationarity
  bool separable() const { return separable_; }                  ///< no dimension lies on two axes
  bool written() const { return written_; }

  double volume(const TileExtents& tile) const;
  /// Mean volume of tiles whose extents have these means, independently of each other.
  double volume(const MeanExtents& tile) const;
  /// Loops innermost first (MAPPER closed form: rules 1-5 of the truncated nest).
  Reuse walk(const TileExtents& tile, const ReuseLoop* loops, int count) const;
  /// Words that a tile moved by one step of a dimension does not share with itself.
  double fresh(const TileExtents& tile, int dimension, std::int64_t step) const;
  /// Distinct child offsets when `spatial` children per dimension are laid out, each `tile` large.
  double groups(const TileExtents& tile, const TileExtents& spatial) const;
  /// At least so many, whatever the tile is.
  double least_groups(const TileExtents& spatial) const;
  /// The offset of one child, on every axis, in units of the data.
  void offset(const TileExtents& tile, const TileExtents& index, std::array<std::int64_t, max_axes>& out) const;
  int axes() const { return static_cast<int>(axes_.size()); }
  /// At least so many elements are used: strides leave gaps in the bounding box.
  double touched(const TileExtents& tile) const;
  /// The least share of a closed reload that a sliding window can leave, whatever the outer loops are.
  double window_share(const TileExtents& tile, const TileExtents& whole) const;
  /// The same of tiles with these mean extents.
  double window_share(const MeanExtents& tile, const TileExtents& whole) const;

 private:
  std::vector<Axis> axes_;
  std::array<std::array<std::int64_t, max_axes>, max_dimensions> vector_{};
  unsigned relevant_ = 0, windowed_ = 0;
  bool plain_ = true, separable_ = true, written_ = false;
};

}  // namespace dovetail
