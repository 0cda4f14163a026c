// Co-design: an outer search over the hardware of a family, an inner search for the mapping of every layer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/designer.hpp>
#include <dovetail/engine/mapper.hpp>
#include <dovetail/engine/store.hpp>
#include <dovetail/engine/study.hpp>
#include <dovetail/spaces/family.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// A layer of a network on one machine, at its best mapping; numbers are those of one occurrence.
struct MappedLayer {
  std::string network;
  Layer layer;
  std::int64_t count = 1;  ///< occurrences in the network
  Mapping mapping;
  Evaluation evaluation;     ///< by the study's model
  double lower_bound = 0.0;  ///< of the layer's objective on this machine
  bool proven = false;
  std::int64_t evaluations = 0;
};

/// A network on one machine: energy_pj = sum of count x energy, cycles = sum of count x cycles.
struct MappedNetwork {
  std::string name;
  double weight = 1.0;
  double energy_pj = 0.0;
  double cycles = 0.0;
  double objective = 0.0;
  double lower_bound = 0.0;  ///< over all mappings of all its layers on this machine
};

/// What one hardware point is worth.
struct DesignPoint {
  Point point;
  Architecture architecture;
  bool mapped = false;  ///< every layer has a mapping
  bool pruned =
      false;           ///< given up because `lower_bound` is not below the incumbent: no mapping was searched
  std::string reason;  ///< of a design that is not feasible: no mapping, a broken spec, a failed evaluator
  double objective = 0.0;                           ///< of a pruned design: its lower bound
  double lower_bound = 0.0;                         ///< of the objective over all mappings on this machine
  double energy_pj = 0.0, cycles = 0.0, edp = 0.0;  ///< weighted sums over the networks
  double area_um2 = 0.0, power_mw = 0.0, latency_ms = 0.0;
  std::vector<MappedNetwork> networks;
  std::vector<MappedLayer> layers;
  std::int64_t evaluations = 0;  ///< of mappings

  bool feasible() const { return mapped && !pruned && reason.empty(); }
};

/// The value of every parameter of a point by name, in words.
std::map<std::string, std::string> named_values(const Space& space, const Point& point);

/// A study bound to its data: networks, family, space, goal. Immutable; safe to use from several threads.
class Codesign {
 public:
  /// Reads workloads and family. Throws InputError with every mistake, also those in `fixed` and `space`.
  explicit Codesign(Study study);

  const Study& study() const { return study_; }
  const Family& family() const { return *family_; }
  const std::vector<Network>& networks() const { return networks_; }
  const Space& space() const { return space_; }  ///< narrowed by the study
  const Goal& goal() const { return goal_; }
  const MappingObjective& objective() const { return objective_; }
  std::size_t unique_layers() const { return pool_.size(); }  ///< over all networks

  enum class Dataflow {
    free,      ///< whatever the machine allows
    baseline,  ///< the hand design's own dataflow
  };

  /// What may end an evaluation early, and on how many threads it runs.
  struct Limits {
    int threads = 1;
    double incumbent = 0.0;      ///< > 0: designs that cannot be below it are pruned
    std::function<bool()> stop;  ///< true: give up; the answer is none
  };

  /// The best mapping of every layer at this hardware point, and what that gives.
  std::optional<DesignPoint> evaluate(const Point& point, Dataflow dataflow, const Limits& limits) const;

  /// A point of the space that has the hand design's values wherever the others allow it, parameter by parameter. Throws
  /// InputError when the space is empty.
  Point nearest_to_hand() const;

  /// A lower bound of the objective over all mappings at this point, in microseconds; 0 when none is known.
  double bound(const Point& point) const;

  /// The trial that a design is recorded as, and told to the designer.
  Trial trial(std::int64_t id, const DesignPoint& design) const;

  /// A designer for this study.
  std::unique_ptr<Designer> designer(int threads) const;

  /// Everything that would change trials, and what reports want to know.
  StudyRecord record(const std::string& command, const std::string& version) const;

 private:
  struct PoolLayer {
    Layer layer;
    std::string key;
  };
  struct Use {
    std::size_t pool;
    std::int64_t count;
    std::string name;
  };

  void read_networks(Diagnostics& diagnostics);
  void read_family(Diagnostics& diagnostics);

  Study study_;
  std::vector<Network> networks_;
  std::vector<PoolLayer> pool_;
  std::vector<std::vector<Use>> uses_;  ///< per network
  std::optional<Family> family_;
  Space space_;
  Goal goal_;
  MappingObjective objective_;
  std::unique_ptr<Mapper> mapper_;
  std::shared_ptr<const Evaluator> evaluator_;  ///< null: the loop model, as the mappers use it
};

/// A finished or interrupted study.
struct CodesignResult {
  std::optional<DesignPoint> best;  ///< feasible
  std::optional<DesignPoint>
      baseline;  ///< the hand design with its own dataflow; none when it cannot be mapped
  std::optional<DesignPoint> baseline_free;  ///< the hand design, freely mapped
  std::vector<Trial> trials;                 ///< by id
  std::int64_t feasible = 0, pruned = 0;
  std::map<std::string, std::int64_t> infeasible;  ///< by reason
  double lower_bound = 0.0;                        ///< of the objective over the whole space; 0: none known
  bool proven = false;                             ///< no point of the space is better than `best`
  bool exhausted = false;                          ///< every point of the space was tried
  std::string stopped = "trials";                  ///< trials, exhausted, proven, time, interrupt
  double seconds = 0.0;
  double gap() const;  ///< (best - bound) / best; 1 without a bound
};

/// What a running study tells.
struct CodesignProgress {
  std::int64_t done = 0, total = 0;
  double best = 0.0;  ///< objective, 0: none yet
  double gap = 1.0;   ///< of the best to the bound of the space; 1: no bound known
  double seconds = 0.0;
};

struct CodesignOptions {
  int threads = 0;
  bool baseline = true;  ///< evaluate the hand design first; without it results have no comparison
  Store* store = nullptr;
  std::function<bool()> interrupted;
  std::function<void(const CodesignProgress&)> progress;
};

/// The co-design loop. Trials are a function of the study alone: rounds of `batch` points, pruned with the incumbent at the
/// round's start, told to the designer in order. Trials that the store holds are replayed, not evaluated again.
CodesignResult run(const Codesign& codesign, const CodesignOptions& options);

}  // namespace dovetail
