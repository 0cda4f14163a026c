// The interface of everything that finds a good mapping of a layer on a machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>

namespace dovetail {

/// energy_pj^energy_power x cycles^cycles_power. edp is {1, 1}, energy {1, 0}, cycles {0, 1}.
struct MappingObjective {
  double energy_power = 1.0, cycles_power = 1.0;
  double operator()(double energy_pj, double cycles) const;
};

enum class Bypass : std::uint8_t {
  search,  ///< every keep set that the rules allow
  none,    ///< every tensor at every level
  fixed,   ///< the keep sets given by the rules (must_keep)
};

/// Which factors loops may have. perfect: the factors of a dimension multiply to its extent. imperfect: to at least its
/// extent, and none could be one less; the last round of a loop is then shorter (accelerators/loop/ragged.hpp).
enum class Factors : std::uint8_t { perfect, imperfect };

/// Whether a memory holds one tile for all tensors, or each tensor at its own depth in the memory's loops.
enum class Placement : std::uint8_t { even, uneven };

/// What a mapper is asked.
struct MapRequest {
  Layer layer;
  Architecture architecture;
  MappingRules rules;
  MappingObjective objective;
  Bypass bypass = Bypass::search;
  std::int64_t budget = 0;          ///< evaluations, 0: the mapper's own default (exact: unlimited)
  double gap = 0.0;                 ///< stop when (best - bound) / best is at most this
  std::optional<double> time_s;     ///< stop after this many seconds; results then depend on the machine
  std::optional<double> memory_mb;  ///< stop at this much memory of the mapper's own
  std::function<bool()> stop;       ///< polled by the exact mapper, from any thread; true ends it as time would
  /// > 0: mappings that are not better than this need no proof: stop once the bound shows that there is none.
  double cutoff = 0.0;
  bool prove = true;  ///< exact: false stops before the proof, with a mapping that is good but not known to be best
  std::uint64_t seed = 0;
  int threads = 1;
  bool front = false;  ///< also return the (energy, cycles) Pareto front
  Factors factors = Factors::perfect;
  Placement placement = Placement::even;
};

struct FrontPoint {
  double energy_pj = 0.0;
  std::int64_t cycles = 0;
  Mapping mapping;
};

/// What it answers. lower_bound is admissible: no mapping in the searched space has a smaller objective. 0 when the
/// mapper knows none. `closest` lists, when nothing fits, the constraints of the nearest miss.
struct MapResult {
  std::optional<Mapping> mapping;
  Evaluation best;
  double objective = 0.0;
  double lower_bound = 0.0;
  bool proven = false;
  std::int64_t evaluations = 0;
  double seconds = 0.0;
  std::vector<FrontPoint> front;  ///< ascending energy, descending cycles; exact when front_proven
  bool front_proven = false;
  std::vector<Violation> closest;
  std::string stopped;  ///< why the search ended: proven, gap, budget, time, memory, cutoff, search (before the proof)
  double gap() const { return objective > 0.0 ? (objective - lower_bound) / objective : 0.0; }
};

/// Pure: the same request gives the same result for any thread count, except when time ends it.
class Mapper {
 public:
  virtual ~Mapper() = default;
  virtual std::string name() const = 0;
  virtual MapResult map(const MapRequest& request) const = 0;
};

/// The mapper with this name (exact, random, evolution, annealing, hillclimb, bayes).
std::unique_ptr<Mapper> make_mapper(const std::string& name);
std::vector<std::string> mapper_names();

}  // namespace dovetail
