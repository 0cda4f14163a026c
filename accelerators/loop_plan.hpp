// The loop model for searches: one layer on one machine, prepared once, then scored without allocation.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>

#include <dovetail/accelerators/architecture.hpp>
#include <dovetail/accelerators/packed_mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// What a search wants to know of a mapping. An illegal mapping has infinite energy and cycles.
struct Score {
  double energy_pj = std::numeric_limits<double>::infinity();
  double cycles = std::numeric_limits<double>::infinity();  ///< a whole number
  bool valid = false;
};

/// The same energy_pj and cycles as LoopModel, bit for bit, about a hundred times faster. Immutable; may be used from
/// many threads.
class LoopPlan {
 public:
  LoopPlan(const Layer& layer, const Architecture& architecture);
  ~LoopPlan();
  LoopPlan(LoopPlan&&) noexcept;
  LoopPlan& operator=(LoopPlan&&) noexcept;

  /// Energy and cycles of the mapping, or invalid when LoopModel would answer with violations.
  Score score(const PackedMapping& mapping) const;

  /// Whether the layer and the machine have the tuned form: at most 8 dimensions; no dimension on two axes of a tensor
  /// and no axis with more than two; plain axes in the written tensor; no link transfers; counts below 2^53. Others
  /// are scored by LoopModel, exactly as well, but slowly and with allocation.
  bool tuned() const;

 private:
  struct Constants;
  template <std::size_t Levels, std::size_t Tensors>
  class Scoring;
  std::unique_ptr<const Constants> constants_;
};

}  // namespace dovetail
