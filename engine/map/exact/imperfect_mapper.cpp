// Padded layers for mappings, tables of rounds for the bound (see the header).
#include <dovetail/engine/map/exact/imperfect_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/exact/folds.hpp>
#include <dovetail/engine/map/exact/listing.hpp>
#include <dovetail/engine/map/exact/stacked_machine.hpp>
#include <dovetail/engine/map/exact/uneven_mapper.hpp>
#include <dovetail/engine/map/factor_chains.hpp>
#include <dovetail/engine/map/sampling/incumbent.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t listed_ragged = 20'000;  // a score of a ragged mapping takes longer than others
constexpr std::size_t paddings = 10;
constexpr std::int64_t climbed = 4'000;
constexpr double perfect_share = 0.4;  // of the time, for the mapping with perfect factors
constexpr double wide_cutoff = 1.1;    // of the best: padded layers cost more than what is cut from them

class Imperfect {
 public:
  explicit Imperfect(const MapRequest& asked)
      : asked_(asked),
        plan_(asked.layer, asked.architecture, loop_options(asked)) {}

  MapResult run() {
    const MapResult perfect = perfect_mapping();
    evaluations_ = perfect.evaluations;
    if (perfect.mapping) take(pack(asked_.layer, *perfect.mapping));
    bool listed = false;
    if (asked_.budget == 0 && !expired()) {
      const Listing listing = list_mappings(remaining(), listed_ragged);
      evaluations_ += listing.evaluations;
      listed = listing.complete;
      if (listing.best) take(*listing.best);
    }
    if (!listed) {
      pad();
      climb();
    }
    MapResult result = answer(asked_, best_ ? std::optional(best_->mapping) : std::nullopt);
    if (best_) result.lower_bound = listed ? result.objective : std::min(result.objective, bound());
    result.proven = best_ && result.lower_bound >= result.objective;
    result.stopped = result.proven       ? "proven"
                     : listed && !best_  ? "infeasible"
                     : !stopped_.empty() ? stopped_
                                         : "bound";
    result.evaluations = evaluations_;
    result.seconds = clock_.seconds();
    return result;
  }

 private:
  bool expired() {
    if ((asked_.stop && asked_.stop()) || (asked_.time_s && clock_.seconds() >= *asked_.time_s)) stopped_ = "time";
    if (asked_.budget > 0 && evaluations_ >= asked_.budget) stopped_ = "budget";
    return !stopped_.empty();
  }

  MapRequest remaining() const {
    MapRequest request = asked_;
    request.front = false;
    if (asked_.time_s) request.time_s = std::max(0.0, *asked_.time_s - clock_.seconds());
    if (asked_.budget > 0) request.budget = std::max<std::int64_t>(1, asked_.budget - evaluations_);
    return request;
  }

  MapResult perfect_mapping() const {
    MapRequest request = remaining();
    request.factors = Factors::perfect;
    request.prove = false;
    request.cutoff = 0.0;
    if (request.time_s) *request.time_s *= perfect_share;
    return ExactMapper().map(request);
  }

  void take(PackedMapping mapping) {
    if (!tighten(mapping, asked_.layer, asked_.rules)) return;
    const Score score = plan_.score(mapping);
    ++evaluations_;
    if (!score.valid) return;
    const double objective = asked_.objective(score.energy_pj, score.cycles);
    if (best_ && !(objective < best_->objective)) return;
    best_ = MapPoint{objective, score.energy_pj, score.cycles, mapping};
  }

  // Layers with rounded extents: a search without a proof for each, then one with depths for the best of them.
  void pad() {
    std::optional<PaddedExtents> winner;
    std::vector<PaddedExtents> all = padded_extents(asked_, paddings);
    for (std::size_t n = 1; n < all.size() && !expired(); ++n) {
      const double before = best_ ? best_->objective : infinity;
      search(all[n], Placement::even);
      if (best_ && best_->objective < before) winner = all[n];
    }
    if (winner && asked_.placement == Placement::uneven && !expired()) search(*winner, Placement::uneven);
  }

  void search(const PaddedExtents& extents, Placement placement) {
    MapRequest request = padded_request(remaining(), extents);
    request.placement = placement;
    request.prove = false;
    request.cutoff = best_ ? wide_cutoff * best_->objective : 0.0;
    const MapResult found = ExactMapper().map(request);
    evaluations_ += found.evaluations;
    if (found.mapping) take(pack(asked_.layer, *found.mapping));
  }

  void climb() {
    if (!best_ || expired()) return;
    std::int64_t effort = climbed;
    if (asked_.budget > 0) effort = std::min(effort, asked_.budget - evaluations_);
    const Incumbent found = climb_around(remaining(), best_->mapping, effort);
    evaluations_ += found.evaluations;
    if (found.mapping) take(*found.mapping);
  }

  double bound() {
    if (expired() && stopped_ == "time") return compute_bound(asked_);
    return imperfect_bound(asked_);
  }

  const MapRequest& asked_;
  LoopPlan plan_;
  Stopwatch clock_;
  std::optional<MapPoint> best_;
  std::int64_t evaluations_ = 0;
  std::string stopped_;
};

}  // namespace

MapResult ImperfectMapper::map(const MapRequest& request) const {
  return Imperfect(request).run();
}

double imperfect_bound(const MapRequest& request) {
  const double least = compute_bound(request);
  try {
    if (request.placement == Placement::even) return std::max(least, ExactSearch(request, 1).root_bound());
    const StackedMachines machines = stacked_machines(request);
    if (!machines.whole) return least;
    double bound = infinity;
    for (const StackedMachine& machine : machines.all)
      bound = std::min(bound, ExactSearch(machine, request, 1).root_bound());
    return std::max(least, bound);
  } catch (const std::length_error&) {
    return least;
  }
}

}  // namespace dovetail
