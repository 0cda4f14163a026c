// One point of a study with its outcome.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/record/metric.hpp>
#include <dovetail/spaces/space/parameter.hpp>

namespace dovetail {

/// What the search wants to make small or large.
struct Objective {
  std::string metric;
  bool minimize = true;
};

/// A limit on a metric that is learned from its told values: metric <= max, or metric >= min.
struct Spec {
  std::string metric;
  std::optional<double> max, min;
};

struct Goal {
  std::vector<Objective> objectives;
  std::vector<Spec> specs;
};

enum class TrialState : std::uint8_t { pending, completed, failed };

/// A trial. Metrics that are NaN or infinite count as failed. A failed trial keeps its reason and is what the
/// feasibility classifier learns from.
struct Trial {
  std::int64_t id = 0;
  Point point;
  TrialState state = TrialState::pending;
  std::map<std::string, double> metrics;
  std::string reason;  ///< of a failure
};

/// Among the metrics of a trial that breaks a spec: proven that no mapping on its machine keeps the specs.
inline constexpr const char* excluded_metric = "excluded";

/// How far a value is beyond a spec, as a share of its bound; <= 0: it holds.
double excess(const Spec& spec, double value);
/// The worst excess over specs whose metrics follow from a design.
double spec_violation(std::span<const Spec> specs, const DesignFigures& figures);

/// Amount by which the worst spec is broken, scaled by its bound; <= 0 when all hold.
double spec_violation(const Goal& goal, const Trial& trial);

/// Completed, and every spec holds.
bool feasible(const Goal& goal, const Trial& trial);

}  // namespace dovetail
