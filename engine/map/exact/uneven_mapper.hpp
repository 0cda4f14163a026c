// The exact mapper over uneven placement: in every memory each tensor has its own depth in the memory's loops.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Starts from the best mapping with one tile per level and looks through the stacked machines (stacked_machine.hpp),
/// least bound first. A mapping is proven over all depths at once; where a memory could not be stacked, the bound is
/// that of the arithmetic alone. It knows no front.
class UnevenMapper : public Mapper {
 public:
  std::string name() const override { return "exact"; }
  MapResult map(const MapRequest& request) const override;
};

}  // namespace dovetail
