// The mapper that proves its answer: every factorization, order, unrolling and keep set, by labels and bounds.
#pragma once

#include <dovetail/engine/map/exact/exact_search.hpp>

namespace dovetail {

/// Requests for uneven placement or imperfect factors go to their own mappers (uneven_mapper.hpp,
/// imperfect_mapper.hpp).
class ExactMapper : public Mapper {
 public:
  std::string name() const override { return "exact"; }
  MapResult map(const MapRequest& request) const override;
};

/// What the multiply-accumulates alone cost, in the request's objective: no mapping is below.
double compute_bound(const MapRequest& request);

}  // namespace dovetail
