// The mappings of a layer on a machine: drawn legal by construction, walked, counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/spaces/space/random.hpp>
#include <dovetail/spaces/space/share.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// How the sets of kept tensors are chosen; the outermost level keeps everything.
enum class KeepSearch : std::uint8_t {
  search,  ///< every set that the rules allow
  all,     ///< every tensor that the rules allow, at every level
  fixed,   ///< must_keep, where must_keep and must_bypass cover all tensors; otherwise as `all`
};

/// How many mappings there are before capacities: log10, because the numbers are large. An order is a permutation of
/// all dimensions, whether they loop at the level or not (Timeloop counts so, too).
struct MapSpaceSize {
  double log10_factors = 0.0;  ///< factor chains of all dimensions together, within meshes and rules
  double log10_orders = 0.0;   ///< temporal loop orders that the rules leave free
  double log10_keeps = 0.0;    ///< combinations of kept sets
  bool exact = true;           ///< false: meshes were too many to count, log10_factors ignores them
  double log10_total() const { return log10_factors + log10_orders + log10_keeps; }
  double total() const;  ///< infinity beyond double
};

/// All legal mappings with perfect factors. A mapping is, per level, a factor of each dimension in time, along X and
/// along Y (the product of a dimension's factors is its extent), a temporal order and a set of kept tensors. Legal is
/// what LoopModel accepts (capacities, least utilization, meshes) with each instance unrolled over its own children
/// only, and what the rules allow. Loops of one trip do not count against inner_order. Spatial orders follow the
/// dimensions' positions. Immutable; every member is safe to call concurrently; drawing and stepping do not allocate.
class MapSpace {
 public:
  MapSpace(const Layer& layer, const Architecture& architecture, const MappingRules& rules = {},
           KeepSearch keeps = KeepSearch::search);

  /// Draws a legal mapping. Kept sets and orders are uniform; smallest factors are laid down first, then the prime
  /// factors of all dimensions, in random order, each go to a slot drawn uniformly from those where meshes, capacities
  /// and the rules still hold with everything not yet placed looping in the outermost level. Since all of these only
  /// tighten, no draw ends in a dead end, except where the rules bound the outermost level's own factors or demand
  /// smallest factors, or where a least utilization must be reached: then it starts anew, at most 200 times. Every
  /// legal mapping has a positive probability; for equal ones use sample_uniform. Returns the number of attempts, 0
  /// when none succeeded.
  int sample(Random& random, PackedMapping& mapping) const;

  /// Draws uniformly from all legal mappings: factors uniform within meshes and rules (counted, no rejection), kept
  /// sets and orders uniform, and all drawn again until capacities hold, at most `limit` times. Returns the number of
  /// draws, 0 when none was legal.
  std::int64_t sample_uniform(Random& random, PackedMapping& mapping, std::int64_t limit = 1'000'000) const;

  /// One random step to another legal mapping: a prime factor moves to another slot of its dimension, two loops of a
  /// temporal order change places, a whole loop moves between time, X and Y of its level, or a kept bit flips. False
  /// when none of 64 tries was legal; the mapping is then unchanged.
  bool neighbour(PackedMapping& mapping, Random& random) const;

  /// All legal mappings one such step away.
  std::vector<PackedMapping> neighbours(const PackedMapping& mapping) const;

  bool contains(const PackedMapping& mapping) const;

  MapSpaceSize size() const;
  /// Share of the mappings counted by size() that fit the capacities, from uniform draws.
  Share feasible_share(std::int64_t draws, Random& random) const;

  /// What stands in the way when nothing fits: at the smallest tiles that the rules allow, each constraint that still
  /// breaks, with what it needs and has. Relaxing each to `needed` opens the space. Empty when something fits there.
  std::vector<Violation> closest() const;

 private:
  struct Term {
    int dimension = 0;
    std::int64_t coefficient = 1;
  };
  struct TensorShape {
    int axes = 0;
    std::array<int, max_axes> terms{};
    std::array<std::array<Term, max_dimensions>, max_axes> axis{};
    std::array<std::int64_t, max_levels> bits{}, word{};  // widths of an element and of the level's word; 0: equal
  };
  struct LevelInfo {
    std::int64_t usable = -1;  // words; negative: unbounded
    double least = 0.0;        // words
    unsigned must = 0, optional = 0;
    std::array<std::int64_t, slot_count> fan{};  // children; of Slot::temporal without meaning
    int ruled = 0;                               // innermost loops in a fixed order
    std::array<std::uint8_t, max_dimensions> inner{};
  };
  struct Place {
    std::uint8_t level = 0;
    Slot slot = Slot::temporal;
  };
  /// Legal smallest factors of a dimension where the rules demand more than one, and the primes left to place.
  struct Start {
    std::vector<std::pair<Place, std::int32_t>> factors;
    std::vector<std::int32_t> primes;
  };
  using Extents = std::array<std::int64_t, max_dimensions>;
  struct Counted;  // factor chains within meshes, counted on first use

  static std::int32_t& factor(PackedMapping& mapping, Place place, int dimension);
  static std::int32_t factor(const PackedMapping& mapping, Place place, int dimension);
  bool allowed(Place place, int dimension, std::int64_t factor) const;
  std::int64_t words(int level, int tensor, const Extents& extent) const;
  std::int64_t words_kept(int level, unsigned keep, const Extents& extent) const;
  bool fits(int level, unsigned keep, const Extents& extent) const;
  bool capacities_hold(const PackedMapping& mapping) const;
  bool meshes_hold(const PackedMapping& mapping) const;
  bool order_holds(const PackedMapping& mapping, int level) const;
  bool legal(const PackedMapping& mapping) const;  // meshes, capacities and orders: what a step can break
  void draw_orders_and_keeps(Random& random, PackedMapping& mapping) const;
  bool construct(Random& random, PackedMapping& mapping) const;
  bool draw_factors(Random& random, PackedMapping& mapping) const;
  bool attempt(PackedMapping& mapping, Random& random) const;
  bool move_prime(PackedMapping& mapping, int dimension, std::int32_t prime, Place from, Place to) const;
  void prepare_starts();
  const Counted& counted() const;
  bool count_chains(bool meshed) const;

  int levels_ = 0, dimensions_ = 0, tensors_ = 0;
  Extents extent_{};
  std::array<TensorShape, max_tensors> shape_;
  std::array<LevelInfo, max_levels> level_;
  std::array<std::array<Extents, slot_count>, max_levels> least_, most_;  // of a factor
  std::vector<Place> places_;  // that may hold a factor above one, innermost first
  std::array<std::vector<Start>, max_dimensions> starts_;
  std::vector<std::pair<std::uint8_t, std::int32_t>> primes_;  // (dimension, prime), as often as it divides
  std::vector<std::pair<std::uint8_t, std::uint8_t>> flips_;   // (level, tensor) that may be kept or not
  std::array<unsigned, max_dimensions> touched_{};             // tensors that a dimension moves
  std::vector<std::string> level_names_, dimension_names_, tensor_names_;
  std::shared_ptr<Counted> counted_;
};

}  // namespace dovetail
