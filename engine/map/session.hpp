// The bookkeeping of one mapping search by evaluation: score, best so far, budget, and the answer at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// What the loop model accepts beyond perfect factors when it answers a request.
inline LoopOptions loop_options(const MapRequest& request) {
  return {.imperfect_factors = request.factors == Factors::imperfect};
}

/// A total order on mappings: by level, innermost first; factors, then orders of loops, then keep sets, then depths.
bool lexicographically_less(const PackedMapping& a, const PackedMapping& b);

/// Seconds since construction.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class MapSession {
 public:
  explicit MapSession(const MapRequest& request);

  /// Objective of a mapping (infinite when illegal); remembers the best by (objective, mapping).
  double evaluate(const PackedMapping& mapping);
  bool finished(std::int64_t default_budget);  ///< budget or time spent
  std::int64_t evaluations() const { return evaluations_; }
  const std::optional<PackedMapping>& best() const { return best_; }
  double objective() const { return objective_; }
  MapResult result() const;

 private:
  const MapRequest* request_;
  LoopPlan plan_;
  Stopwatch clock_;
  std::int64_t evaluations_ = 0;
  std::optional<PackedMapping> best_;
  double objective_;
  std::string stopped_ = "budget";
};

/// What a mapper answers for its best mapping: LoopModel's evaluation of it, or, for none, the nearest miss.
MapResult answer(const MapRequest& request, const std::optional<PackedMapping>& best);

/// The constraints of the mapping that misses least: every loop in the outermost memory's time where rules allow it,
/// so that only unit tiles are stored.
std::vector<Violation> nearest_miss(const MapRequest& request);

}  // namespace dovetail
