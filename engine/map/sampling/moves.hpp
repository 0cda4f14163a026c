// Drawing and changing legal mappings: what the sampling mappers share.
#pragma once

#include <optional>
#include <vector>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/mapping/tensor_reuse.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {

/// The map space of a request, with the factors and the placement that it asks for. Every mapping that is handed out
/// satisfies factors, meshes, rules and keep sets; capacities are repaired by moving factors outwards, so that draws
/// are almost always legal. imperfect_moves.cpp has what is done otherwise where factors need not divide.
class MapMoves {
 public:
  explicit MapMoves(const MapRequest& request);

  /// Prime factors uniform over the open slots, uniform orders and keep sets, then repaired; none when the repair
  /// fails.
  std::optional<PackedMapping> sample(Random& random) const;
  /// One random change: a factor to another slot, two loops of an order swapped, a keep bit flipped, or, with uneven
  /// placement, a tensor at another depth; repaired.
  std::optional<PackedMapping> mutate(const PackedMapping& from, Random& random) const;
  /// Factors of each dimension from one parent, orders and keep sets of each level from one; repaired.
  std::optional<PackedMapping> cross(const PackedMapping& first, const PackedMapping& second, Random& random) const;

  /// Whether the mapping lies in the space (capacities are the evaluator's business).
  bool contains(const PackedMapping& mapping) const;

 private:
  struct Place {
    int level = 0;
    Slot slot = Slot::temporal;
  };
  std::int32_t& factor(PackedMapping& mapping, Place place, int dimension) const;
  std::int64_t limit(Place place, int dimension) const;
  bool fits(const PackedMapping& mapping, Place place, int dimension, std::int64_t prime) const;
  bool repair(PackedMapping& mapping, Random& random) const;
  double words(const PackedMapping& mapping, int level, const TileExtents& tile) const;
  void impose_order(PackedMapping& mapping) const;
  TileExtents own_tile(const PackedMapping& mapping, int level, std::size_t tensor, const TileExtents& tile) const;
  void draw_depths(PackedMapping& mapping, int level, Random& random) const;
  bool move_depth(PackedMapping& mapping, Random& random) const;

  bool draw_chains(PackedMapping& mapping, Random& random) const;
  void change_chain(PackedMapping& mapping, Random& random) const;
  bool raise(PackedMapping& mapping, Place place, int dimension) const;
  bool imperfect_repair(PackedMapping& mapping, Random& random) const;

  const MapRequest* request_;
  bool imperfect_ = false, uneven_ = false;
  std::vector<KeepChoice> keep_;
  std::vector<TensorReuse> tensors_;
  std::vector<Place> places_;
  struct Prime {
    int dimension = 0;
    std::int64_t prime = 2;
  };
  std::vector<Prime> primes_;
  std::vector<std::int64_t> fan_x_, fan_y_;
  std::vector<double> capacity_;
};

}  // namespace dovetail
