// The bookkeeping of one mapping search (see the header).
#include <dovetail/engine/map/session.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {

double MappingObjective::operator()(double energy_pj, double cycles) const {
  const auto power = [](double value, double exponent) {
    return exponent == 1.0 ? value : exponent == 0.0 ? 1.0 : std::pow(value, exponent);
  };
  return power(energy_pj, energy_power) * power(cycles, cycles_power);
}

bool lexicographically_less(const PackedMapping& a, const PackedMapping& b) {
  for (std::size_t i = 0; i < a.level_count; ++i) {
    const PackedLevel &x = a.levels[i], &y = b.levels[i];
    if (x.keep != y.keep) return x.keep < y.keep;
    if (x.temporal != y.temporal) return x.temporal < y.temporal;
    if (x.spatial_x != y.spatial_x) return x.spatial_x < y.spatial_x;
    if (x.spatial_y != y.spatial_y) return x.spatial_y < y.spatial_y;
    if (x.order != y.order) return x.order < y.order;
    if (x.order_x != y.order_x) return x.order_x < y.order_x;
    if (x.order_y != y.order_y) return x.order_y < y.order_y;
    if (x.depth != y.depth) return x.depth < y.depth;
  }
  return false;
}

MapSession::MapSession(const MapRequest& request)
    : request_(&request),
      plan_(request.layer, request.architecture, loop_options(request)),
      objective_(std::numeric_limits<double>::infinity()) {}

double MapSession::evaluate(const PackedMapping& mapping) {
  ++evaluations_;
  const Score score = plan_.score(mapping);
  if (!score.valid) return std::numeric_limits<double>::infinity();
  const double value = request_->objective(score.energy_pj, score.cycles);
  if (value < objective_ || (best_ && value == objective_ && lexicographically_less(mapping, *best_))) {
    objective_ = value;
    best_ = mapping;
  }
  return value;
}

bool MapSession::finished(std::int64_t default_budget) {
  if (evaluations_ >= (request_->budget > 0 ? request_->budget : default_budget)) {
    stopped_ = "budget";
    return true;
  }
  if ((request_->stop && request_->stop()) || (request_->time_s && clock_.seconds() >= *request_->time_s)) {
    stopped_ = "time";
    return true;
  }
  return false;
}

MapResult MapSession::result() const {
  MapResult result = answer(*request_, best_);
  result.evaluations = evaluations_;
  result.seconds = clock_.seconds();
  result.stopped = stopped_;
  return result;
}

MapResult answer(const MapRequest& request, const std::optional<PackedMapping>& best) {
  MapResult result;
  if (!best) {
    result.closest = nearest_miss(request);
    return result;
  }
  result.mapping = unpack(*best);
  result.best = LoopModel(loop_options(request)).evaluate(request.layer, request.architecture, *result.mapping);
  result.objective = request.objective(result.best.energy_pj, static_cast<double>(result.best.cycles));
  return result;
}

std::vector<Violation> nearest_miss(const MapRequest& request) {
  const int levels = static_cast<int>(request.architecture.levels.size());
  const int dimensions = static_cast<int>(request.layer.dimensions.size());
  PackedMapping mapping = empty_packed_mapping(levels, dimensions);
  const auto keep = keep_choices(request);
  std::vector<Violation> closest;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    // Storing only what must be stored misses least.
    mapping.levels[i].keep = static_cast<std::uint8_t>(keep[i].must);
    const LevelRules& rules = level_rules(request.rules, i);
    for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions); ++d) {
      mapping.levels[i].temporal[d] = static_cast<std::int32_t>(rules.min_factor[0][d]);
      mapping.levels[i].spatial_x[d] = static_cast<std::int32_t>(rules.min_factor[1][d]);
      mapping.levels[i].spatial_y[d] = static_cast<std::int32_t>(rules.min_factor[2][d]);
    }
  }
  for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions); ++d) {
    const Dimension& dimension = request.layer.dimensions[d];
    std::int64_t used = 1;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      used *=
          std::int64_t{mapping.levels[i].temporal[d]} * mapping.levels[i].spatial_x[d] * mapping.levels[i].spatial_y[d];
    }
    if (dimension.extent % used != 0) {
      closest.push_back(
          {"family rule", "", dimension.name, static_cast<double>(used), static_cast<double>(dimension.extent)});
      return closest;
    }
    // The rest goes to the outermost place that takes it.
    std::int64_t rest = dimension.extent / used;
    for (std::size_t i = keep.size(); i-- > 0 && rest > 1;) {
      const std::int64_t most = level_rules(request.rules, i).max_factor[0][d];
      auto& factor = mapping.levels[i].temporal[d];
      std::int64_t take = rest;
      if (most != 0) {
        for (take = std::min(rest, most / factor); take > 1 && rest % take != 0; --take) {
        }
      }
      take = std::max<std::int64_t>(take, 1);
      factor = static_cast<std::int32_t>(factor * take);
      rest /= take;
    }
    if (rest > 1) {
      const std::int64_t covered = dimension.extent / rest;
      closest.push_back(
          {"family rule", "", dimension.name, static_cast<double>(dimension.extent), static_cast<double>(covered)});
      return closest;
    }
  }
  const Evaluation miss = LoopModel().evaluate(request.layer, request.architecture, mapping);
  closest = miss.violations;
  return closest;
}

}  // namespace dovetail
