#include <dovetail/accelerators/loop/ragged.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace dovetail {
namespace {

// One loop of a dimension's chain above the boundary.
struct Digit {
  std::int64_t factor = 1;
  int temporal = -1;     // position among the temporal loops, innermost first; -1: spatial
  bool fan_out = false;  // spatial loop of the level itself
};

// A temporal loop above the boundary, innermost first.
struct Turn {
  std::size_t dimension = 0;
  std::int64_t inner = 1;  // extents of the dimension inside this loop
};

enum class Kind : std::uint8_t { nothing, slide, reload };

class Counting {
 public:
  Counting(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping, const Tiling& tiling,
           int level, CheckedArithmetic& exact)
      : shape_(shape),
        tensor_(tensor),
        exact_(exact),
        child_(tiling.held_by_child(mapping, level, tensor)),
        operands_(level == 0) {
    Extents inner = child_;
    // The outermost `count` temporal loops of a level, from the innermost of them outwards.
    const auto turn = [&](const PackedLevel& at, int count) {
      for (int position = count - 1; position >= 0; --position) {
        const std::size_t d = at.order[static_cast<std::size_t>(position)];
        if (at.temporal[d] == 1) continue;
        chain_[d].push_back({at.temporal[d], static_cast<int>(turns_.size()), false});
        turns_.push_back({d, inner[d]});
        inner[d] = exact_.times(inner[d], at.temporal[d]);
      }
    };
    if (level > 0) {
      const PackedLevel& holder = mapping.levels[static_cast<std::size_t>(level) - 1];
      turn(holder, static_cast<int>(outside_tile(holder, tensor.index)));
    }
    for (int i = level; i < mapping.level_count; ++i) {
      const PackedLevel& at = mapping.levels[static_cast<std::size_t>(i)];
      for (std::size_t d = 0; d < static_cast<std::size_t>(shape.dimensions); ++d) {
        for (const std::int64_t factor : {at.spatial_x[d], at.spatial_y[d]}) {
          if (factor > 1) chain_[d].push_back({factor, -1, i == level});
          inner[d] = exact_.times(inner[d], factor);
        }
      }
      turn(at, shape.dimensions);
    }
  }

  // Sum over all steps; `shared`: children that differ in irrelevant loops of the fan-out count once.
  std::int64_t words(bool shared) {
    std::int64_t total = sum(-1, Kind::reload, {}, shared);
    std::array<std::int64_t, max_axes> wrapped{}, slide{};
    bool moved = false;
    for (std::size_t j = 0; j < turns_.size(); ++j) {
      std::array<std::int64_t, max_axes> jump{};
      bool moves = false;
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor_.axes); ++a) {
        const std::int64_t step = exact_.times(coefficient(a, turns_[j].dimension), turns_[j].inner);
        jump[a] = step - wrapped[a];
        wrapped[a] = exact_.plus(wrapped[a], step);
        moves = moves || jump[a] != 0;
      }
      Kind kind = Kind::reload;
      if (!operands_ && !moves) kind = Kind::nothing;
      if (!operands_ && moves && (!moved || jump == slide)) {
        kind = Kind::slide;
        slide = jump;
        moved = true;
      }
      total = exact_.plus(total, sum(static_cast<int>(j), kind, jump, shared));
    }
    return total;
  }

 private:
  std::int64_t coefficient(std::size_t a, std::size_t d) const {
    const ShapeAxis& axis = tensor_.axis[a];
    for (std::size_t k = 0; k < static_cast<std::size_t>(axis.terms); ++k) {
      if (axis.dimension[k] == static_cast<int>(d)) return axis.coefficient[k];
    }
    return 0;
  }

  // Tiles of one dimension that are met when loop j steps: how many are whole, and whether the last one is met.
  struct Tiles {
    std::int64_t whole = 0, last = 0;  // last: extents of the last tile, 0 if it is not met
  };

  Tiles tiles(std::size_t d, int j, bool shared) {
    const std::int64_t last_tile = (shape_.extent[d] - 1) / child_[d];
    const bool relevant = (tensor_.relevant >> d & 1U) != 0;
    // Index vectors not above that of the last tile, from the most significant (outermost) digit.
    std::int64_t rest = last_tile, below = 0;
    std::vector<std::int64_t> digit;
    for (const Digit& loop : chain_[d]) {
      digit.push_back(rest % loop.factor);
      rest /= loop.factor;
    }
    bool equal = rest == 0;
    for (std::size_t k = chain_[d].size(); k-- > 0;) {
      const Digit& loop = chain_[d][k];
      std::int64_t low = 0, count = loop.factor;  // allowed indices low .. low + count - 1
      if (loop.temporal >= 0 && loop.temporal < j) count = 1;
      if (loop.temporal >= 0 && j < 0) count = 1;
      if (loop.temporal >= 0 && loop.temporal == j) {
        low = 1;
        count = loop.factor - 1;
      }
      if (loop.fan_out && shared && !relevant) count = 1;
      below = exact_.times(below, count);
      if (equal) below = exact_.plus(below, std::clamp<std::int64_t>(digit[k] - low, 0, count));
      equal = equal && digit[k] >= low && digit[k] < low + count;
    }
    return {below, equal ? shape_.extent[d] - last_tile * child_[d] : 0};
  }

  std::int64_t sum(int j, Kind kind, const std::array<std::int64_t, max_axes>& jump, bool shared) {
    if (kind == Kind::nothing) return 0;
    std::array<Tiles, max_dimensions> met;
    std::int64_t times = 1;
    std::vector<std::size_t> dimensions;
    for (std::size_t d = 0; d < static_cast<std::size_t>(shape_.dimensions); ++d) {
      met[d] = tiles(d, j, shared);
      if ((tensor_.relevant >> d & 1U) != 0) {
        dimensions.push_back(d);
      } else {
        times = exact_.times(times, exact_.plus(met[d].whole, met[d].last > 0 ? 1 : 0));
      }
    }
    // Every combination of whole and last tiles of the relevant dimensions.
    std::int64_t total = 0;
    for (unsigned lasts = 0; lasts < 1U << dimensions.size(); ++lasts) {
      Extents extents = child_;
      std::int64_t count = times;
      for (std::size_t k = 0; k < dimensions.size(); ++k) {
        const std::size_t d = dimensions[k];
        const bool last = (lasts >> k & 1U) != 0;
        if (last) extents[d] = met[d].last;
        count = exact_.times(count, last ? (met[d].last > 0 ? 1 : 0) : met[d].whole);
      }
      if (count == 0) continue;
      std::int64_t all = 1, had = 1;
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor_.axes); ++a) {
        std::int64_t length = 1, before = 1;
        for (std::size_t d = 0; d < static_cast<std::size_t>(shape_.dimensions); ++d) {
          const std::int64_t c = coefficient(a, d);
          length = exact_.plus(length, exact_.times(c, extents[d] - 1));
          const bool stepped = j >= 0 && turns_[static_cast<std::size_t>(j)].dimension == d;
          before = exact_.plus(before, exact_.times(c, (stepped ? child_[d] : extents[d]) - 1));
        }
        all = exact_.times(all, length);
        had = exact_.times(had, std::max<std::int64_t>(0, std::min(length, before - jump[a])));
      }
      total = exact_.plus(total, exact_.times(count, kind == Kind::slide ? all - had : all));
    }
    return total;
  }

  const LoopShape& shape_;
  const ShapeTensor& tensor_;
  CheckedArithmetic& exact_;
  Extents child_;
  bool operands_;
  std::array<std::vector<Digit>, max_dimensions> chain_;
  std::vector<Turn> turns_;
};

}  // namespace

RaggedWords ragged_words(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                         const Tiling& tiling, int level, CheckedArithmetic& exact) {
  Counting counting(shape, tensor, mapping, tiling, level, exact);
  return {counting.words(false), counting.words(true)};
}

bool covers(const LoopShape& shape, const PackedMapping& mapping, int dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  std::int64_t tile = 1, inner = 1;
  CheckedArithmetic exact;
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    const PackedLevel& level = mapping.levels[i];
    for (const std::int64_t factor : {level.spatial_x[d], level.spatial_y[d], level.temporal[d]}) {
      if (factor == 1) continue;
      inner = tile;
      tile = exact.times(tile, factor);
    }
  }
  if (exact.overflow || tile < shape.extent[d]) return false;
  return tile == shape.extent[d] || (shape.extent[d] - 1) / inner == tile / inner - 1;
}

}  // namespace dovetail
