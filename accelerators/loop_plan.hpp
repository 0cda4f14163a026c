// The loop model for searches: one layer on one machine, prepared once, then scored without allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include <dovetail/accelerators/architecture.hpp>
#include <dovetail/accelerators/loop_model.hpp>
#include <dovetail/accelerators/packed_mapping.hpp>
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
    bool fans =
        false;  ///< some lane has a spatial factor above 1; otherwise spatial_x and spatial_y are not read
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
  struct Constants;
  template <std::size_t Levels, std::size_t Tensors>
  class Scoring;
  template <std::size_t Levels, std::size_t Tensors>
  class BatchScoring;
  std::unique_ptr<const Constants> constants_;
};

}  // namespace dovetail
