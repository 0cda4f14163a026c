// A first mapping by evolution, improved by one run of labels (see the header).
#include <dovetail/engine/map/network/quick_mapper.hpp>

#include <algorithm>
#include <stdexcept>

#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/sampling/incumbent.hpp>
#include <dovetail/engine/map/sampling/sampling_mappers.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t first_evaluations = 4000;
constexpr std::size_t labels_per_stage = 512;
constexpr std::int64_t climbing_evaluations = 4000;

MapResult explore_plainly(const MapRequest& request) {
  const Stopwatch clock;
  MapRequest quick = request;
  quick.budget = first_evaluations;
  const MapResult first = EvolutionMapper().map(quick);
  if (!first.mapping) return ExactMapper().map(request);
  std::optional<ExactSearch> search;
  try {
    search.emplace(request);
  } catch (const std::length_error&) {
    return ExactMapper().map(request);
  }
  search->improve({first.objective, first.best.energy_pj, static_cast<double>(first.best.cycles),
                   pack(request.layer, *first.mapping)},
                  labels_per_stage);
  MapResult result = answer(request, search->best()->mapping);
  result.lower_bound = std::min(search->lower_bound(), result.objective);
  result.proven = result.lower_bound >= result.objective;
  result.stopped = result.proven ? "proven" : search->stopped();
  result.evaluations = first.evaluations + search->evaluations();
  result.seconds = clock.seconds();
  return result;
}

}  // namespace

MapResult explore_layer(const MapRequest& request) {
  const Stopwatch clock;
  MapRequest plain = request;
  plain.factors = Factors::perfect;
  plain.placement = Placement::even;
  MapResult first = explore_plainly(plain);
  if (request.factors == plain.factors && request.placement == plain.placement) return first;
  if (!first.mapping) return ExactMapper().map(request);
  const Incumbent climbed = climb_around(request, pack(request.layer, *first.mapping), climbing_evaluations);
  MapResult result = answer(request, climbed.mapping ? climbed.mapping : pack(request.layer, *first.mapping));
  result.stopped = "search";
  result.evaluations = first.evaluations + climbed.evaluations;
  result.seconds = clock.seconds();
  return result;
}

}  // namespace dovetail
