// A good mapping, the proof, and a list where bounds leave a gap (see the header).
#include <dovetail/engine/map/exact/exact_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/exact/imperfect_mapper.hpp>
#include <dovetail/engine/map/exact/listing.hpp>
#include <dovetail/engine/map/exact/uneven_mapper.hpp>
#include <dovetail/engine/map/sampling/incumbent.hpp>

namespace dovetail {
namespace {

constexpr std::size_t front_labels = 200'000;  // effort for the proof of an unlimited front
constexpr std::int64_t listed_mappings = 100'000;
constexpr double last_word_s = 0.3;  // for a mapping after time or a signal ended a search

MapPoint costed(const MapRequest& request, const PackedMapping& mapping) {
  const Score score = LoopPlan(request.layer, request.architecture).score(mapping);
  return {request.objective(score.energy_pj, score.cycles), score.energy_pj, score.cycles, mapping};
}

// A mapping by evaluation, with its cost.
std::optional<MapPoint> sampled(const MapRequest& request, bool quickly, std::int64_t& evaluations) {
  const Incumbent found = quickly ? quick_mapping(request) : good_mapping(request);
  evaluations += found.evaluations;
  if (!found.mapping) return std::nullopt;
  return costed(request, *found.mapping);
}

}  // namespace

double compute_bound(const MapRequest& request) {
  const auto operations = static_cast<double>(macs(request.layer));
  return request.objective(operations * compute_energy_per_op_pj(request.layer, request.architecture.compute),
                           std::ceil(operations / static_cast<double>(request.architecture.compute.instances)));
}

namespace {

// What no mapping undercuts even with factors that need not divide: tables for it are short for any layer.
double rounds_bound(const MapRequest& asked) {
  MapRequest request = asked;
  request.factors = Factors::imperfect;
  return imperfect_bound(request);
}

}  // namespace

MapResult ExactMapper::map(const MapRequest& asked) const {
  if (asked.factors == Factors::imperfect) return ImperfectMapper().map(asked);
  if (asked.placement == Placement::uneven) return UnevenMapper().map(asked);
  const Stopwatch clock;
  std::int64_t evaluations = 0;
  MapRequest request = asked;
  std::optional<double> last_word;
  const auto spend = [&] {
    if (asked.time_s) request.time_s = std::max(0.0, *asked.time_s - clock.seconds());
    if (last_word) {
      request.time_s = std::max(request.time_s.value_or(0.0), *last_word);
      request.stop = nullptr;
    }
    if (asked.budget > 0) request.budget = std::max<std::int64_t>(1, asked.budget - evaluations);
  };
  std::optional<MapPoint> best;
  const auto sample = [&](bool quickly) {
    spend();
    if (asked.budget > 0 && evaluations >= asked.budget) return;
    const auto found = sampled(request, quickly, evaluations);
    if (found && (!best || found->objective < best->objective)) best = found;
  };
  // What bounds leave open a list settles, where it is short.
  bool listed = false;
  const auto list = [&] {
    if (asked.budget != 0) return;
    spend();
    const Listing listing = list_mappings(request, listed_mappings);
    evaluations += listing.evaluations;
    listed = listing.complete;
    if (listed) best.reset();
    if (listed && listing.best) best = costed(request, *listing.best);
  };
  std::unique_ptr<ExactSearch> search;
  bool sampled_well = false;
  try {
    search = std::make_unique<ExactSearch>(request);
    if (!search->exact() || search->many()) list();
    if (!listed && search->many()) {
      // Bounds of many keep sets at once cut little before a good mapping is known.
      sample(true);
      if (best && !search->attempt(*best)) {
        best = search->best();
        sample(false);
        sampled_well = true;
        search->start_from(*best);
      }
    }
    if (!listed) {
      search->solve();
      best = search->best();
      evaluations += search->evaluations();
      if (best && search->stopped() == "proven" && rounded_up(request, best->mapping)) list();
    }
  } catch (const std::length_error&) {
    // Too large for tables: search without a proof.
  }
  const std::string stopped = search ? search->stopped() : "tables";
  const bool settled = listed || stopped == "proven" || stopped == "infeasible" || stopped == "gap" ||
                       stopped == "cutoff" || stopped == "search";
  if (!settled && !sampled_well) {
    if (stopped == "time") last_word = last_word_s;
    sample(false);
    last_word.reset();
  }
  if (!settled && search == nullptr) list();
  MapResult result = answer(asked, best ? std::optional(best->mapping) : std::nullopt);
  result.lower_bound = search ? search->lower_bound() : std::max(compute_bound(asked), rounds_bound(asked));
  if (best) result.lower_bound = std::min(result.lower_bound, result.objective);
  if (listed && best) result.lower_bound = result.objective;
  result.stopped = !listed ? stopped : best ? "proven" : "infeasible";
  result.proven = result.stopped == "proven";
  if (!std::isfinite(result.lower_bound)) result.lower_bound = 0.0;
  if (asked.front && search && best) {
    std::vector<MapPoint> points{*best};
    result.front_proven = search->front(front_labels, points);
    for (const MapPoint& point : points) {
      result.front.push_back({point.energy_pj, static_cast<std::int64_t>(point.cycles), unpack(point.mapping)});
    }
  }
  result.evaluations = evaluations;
  result.seconds = clock.seconds();
  return result;
}

}  // namespace dovetail
