// The loop model for searches: one layer on one machine, prepared once, then scored without allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// What a search wants to know of a mapping. An illegal mapping has infinite energy and cycles.
struct Score {
  double energy_pj = std::numeric_limits<double>::infinity();
  double cycles = std::numeric_limits<double>::infinity();  ///< a whole number
  bool valid = false;
};

/// Eight mappings with the same keep sets and the same order of temporal loops, side by side: lane m belongs to mapping
/// m. Positions of dimensions as in the layer. Unused lanes may repeat another mapping.
struct MappingBatch {
  static constexpr int width = 8;
  using Lane = std::array<double, width>;  ///< whole numbers
  struct BatchLevel {
    alignas(64) std::array<Lane, 8> temporal, spatial_x, spatial_y;  ///< factor of each dimension
    std::array<std::uint8_t, 8> order{};                             ///< temporal loops, outermost first
    std::uint8_t keep = 0;
    std::array<std::uint8_t, max_tensors> depth{};  ///< as in PackedLevel; scored lane by lane where not 0
    bool fans = false;  ///< some lane has a spatial factor above 1; otherwise spatial_x and spatial_y are not read
  };
  std::array<BatchLevel, max_levels> levels;
  std::uint8_t level_count = 0, dimension_count = 0;

  /// All lanes become this mapping.
  void fill(const PackedMapping& mapping);
  /// Replaces the factors of one lane; orders and keep sets are those of the batch.
  void set(int lane, const PackedMapping& mapping);
  /// The mapping in a lane; its spatial loops are ordered by dimension.
  PackedMapping get(int lane) const;
};

/// Scores of a batch; an illegal mapping has infinite energy and cycles.
struct BatchScore {
  alignas(64) std::array<double, MappingBatch::width> energy_pj, cycles;
};

/// The same energy_pj and cycles as LoopModel, bit for bit, about a hundred times faster. Immutable; may be used from
/// many threads.
class LoopPlan {
 public:
  LoopPlan(const Layer& layer, const Architecture& architecture, LoopOptions options = {});
  ~LoopPlan();
  LoopPlan(LoopPlan&&) noexcept;
  LoopPlan& operator=(LoopPlan&&) noexcept;

  /// Energy and cycles of the mapping, or invalid when LoopModel would answer with violations.
  Score score(const PackedMapping& mapping) const;

  /// Eight scores at once, each bit for bit what `score` says. Machines whose networks cost energy (hops, routers,
  /// adders) and layers outside the tuned form are scored lane by lane; energies of hops then assume spatial loops
  /// ordered by dimension.
  BatchScore score(const MappingBatch& batch) const;

  /// Whether the layer and the machine have the tuned form: at most 8 dimensions; no dimension on two axes of a tensor
  /// and no axis with more than two; plain axes in the written tensor; no link transfers; counts below 2^53. Others
  /// are scored by LoopModel, exactly as well, but slowly and with allocation; so are imperfect factors, where allowed.
  bool tuned() const;

 private:
  friend class LoopSession;
  struct Constants;
  template <std::size_t Levels, std::size_t Tensors>
  class Stepping;
  template <std::size_t Levels, std::size_t Tensors>
  class Scoring;
  template <std::size_t Levels, std::size_t Tensors>
  class BatchScoring;
  std::unique_ptr<const Constants> constants_;
};

/// Where a factor stands.
struct LoopSlot {
  enum Kind : std::uint8_t { temporal, spatial_x, spatial_y };
  int level = 0;
  Kind kind = temporal;
};

/// A mapping that changes step by step, scored after each step: what did not change is not computed again. Equal to
/// LoopPlan::score of the changed mapping, bit for bit. Not for concurrent use; the plan must outlive it.
class LoopSession {
 public:
  LoopSession(const LoopPlan& plan, const PackedMapping& mapping);
  ~LoopSession();
  LoopSession(const LoopSession&) = delete;
  LoopSession& operator=(const LoopSession&) = delete;

  const Score& score() const { return score_; }
  const PackedMapping& mapping() const { return *mapping_; }

  /// Another order of the temporal loops of one level: tiles, legality and groups are kept.
  const Score& reorder(int level, const std::array<std::uint8_t, max_dimensions>& order);
  /// A factor of a dimension moves from one slot to another; `factor` must divide what stands at `from`.
  const Score& move_factor(int dimension, std::int32_t factor, LoopSlot from, LoopSlot to);
  /// Other loops and keep set of one level.
  const Score& replace(int level, const PackedLevel& loops);

  class State;

 private:
  void rescore();
  const LoopPlan& plan_;
  std::unique_ptr<PackedMapping> mapping_;
  std::unique_ptr<State> state_;
  Score score_;
};

}  // namespace dovetail
