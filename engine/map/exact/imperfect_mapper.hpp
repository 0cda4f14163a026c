// The exact mapper over factors that need not divide.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Short spaces are listed and so proven. Otherwise: the best mapping with perfect factors, of the layer and of the
/// layer with extents rounded up (folds.hpp), each then cut to the layer's extents and scored as it is; a climb around
/// the best of them; and a lower bound over all chains of factors, from tables of rounds (tile_lattice.hpp). A mapping
/// that meets the bound is proven. Never answers with more than the best with perfect factors. Knows no front.
class ImperfectMapper : public Mapper {
 public:
  std::string name() const override { return "exact"; }
  MapResult map(const MapRequest& request) const override;
};

/// No mapping with imperfect factors, at the placement that the request asks for, has a smaller objective.
double imperfect_bound(const MapRequest& request);

}  // namespace dovetail
