// A good mapping by evaluation alone (see the header).
#include <dovetail/engine/map/sampling/incumbent.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/engine/map/sampling/sampling_mappers.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t around = 20'000;  // evaluations of the climb at the end
constexpr std::int64_t quick = 2'000;
constexpr int climb_patience = 150;  // failures in a row before the next start
constexpr std::uint64_t most_changes = 4;

// The request with what is left of its time.
MapRequest remaining(const MapRequest& request, const Stopwatch& clock, std::int64_t budget) {
  MapRequest own = request;
  own.budget = budget;
  own.front = false;
  if (own.time_s) own.time_s = std::max(0.0, *own.time_s - clock.seconds());
  return own;
}

void take(Incumbent& best, const Incumbent& found) {
  best.evaluations += found.evaluations;
  if (!found.mapping || (best.mapping && !(found.objective < best.objective))) return;
  best.mapping = found.mapping;
  best.objective = found.objective;
}

}  // namespace

Incumbent climb_around(const MapRequest& request, const PackedMapping& from, std::int64_t evaluations) {
  const MapMoves moves(request);
  MapRequest own = request;
  own.budget = evaluations;
  MapSession session(own);
  Random random(request.seed, {4});
  PackedMapping home = from;
  double least = evaluations > 0 ? session.evaluate(from) : std::numeric_limits<double>::infinity();
  while (std::isfinite(least) && !session.finished(evaluations)) {
    PackedMapping current = home;
    const std::uint64_t changes = 1 + random.below(most_changes);
    for (std::uint64_t change = 0; change < changes; ++change) {
      if (const auto next = moves.mutate(current, random)) current = *next;
    }
    double value = session.evaluate(current);
    for (int failures = 0; failures < climb_patience && !session.finished(evaluations); ++failures) {
      const auto next = moves.mutate(current, random);
      const double changed = next ? session.evaluate(*next) : std::numeric_limits<double>::infinity();
      if (!(changed < value)) continue;
      current = *next;
      value = changed;
      failures = -1;
    }
    if (value <= least) {
      home = current;
      least = value;
    }
  }
  return {session.best(), session.objective(), session.evaluations()};
}

Incumbent quick_mapping(const MapRequest& request) {
  MapRequest own = request;
  own.front = false;
  own.budget = request.budget > 0 ? std::min(quick, request.budget) : quick;
  const MapResult found = EvolutionMapper().map(own);
  Incumbent best{std::nullopt, found.objective, found.evaluations};
  if (found.mapping) best.mapping = pack(request.layer, *found.mapping);
  return best;
}

Incumbent good_mapping(const MapRequest& request) {
  const Stopwatch clock;
  Incumbent best;
  const std::int64_t share = request.budget > 0 ? std::max<std::int64_t>(1, request.budget / 4) : 0;
  const auto run = [&](const Mapper& mapper) {
    if (request.budget > 0 && best.evaluations + share > request.budget) return;
    const MapResult found = mapper.map(remaining(request, clock, share));
    Incumbent own{std::nullopt, found.objective, found.evaluations};
    if (found.mapping) own.mapping = pack(request.layer, *found.mapping);
    take(best, own);
  };
  run(HillclimbMapper());
  run(AnnealingMapper());
  run(EvolutionMapper());
  const std::int64_t left = request.budget > 0 ? request.budget - best.evaluations : around;
  if (best.mapping && left > 0) take(best, climb_around(remaining(request, clock, left), *best.mapping, left));
  return best;
}

}  // namespace dovetail
