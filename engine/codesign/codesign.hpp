// Co-design: an outer search over the hardware of a family, an inner search for the mapping of every layer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/bound/layer_bound.hpp>
#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/network/limited_mapper.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/space/box.hpp>
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
  double screened_objective =
      0.0;  ///< of the loop model's choice under the study's model, where another one decides
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
  /// Given up because `lower_bound` is not below the incumbent. Its mappings, if `mapped`, are good but not proven best.
  bool pruned = false;
  bool excluded = false;  ///< proven: no mapping on this machine keeps the specs
  /// Of a design that is not feasible: no mapping, a spec that no mapping found keeps, a failed evaluator. Its mappings, if
  /// `mapped`, are those that break the specs least.
  std::string reason;
  std::vector<std::string> bound_by;  ///< metrics of the specs that its best mappings break and others keep
  double objective = 0.0;                           ///< of a pruned design without mappings: its lower bound
  double lower_bound = 0.0;                         ///< of the objective over all mappings on this machine
  double energy_pj = 0.0, cycles = 0.0, edp = 0.0;  ///< weighted sums over the networks
  double loop_objective = 0.0;  ///< of the loop model at its own best mappings, where another model decides
  double area_um2 = 0.0, power_mw = 0.0, latency_ms = 0.0;
  std::vector<MappedNetwork> networks;
  std::vector<MappedLayer> layers;
  std::int64_t evaluations = 0;  ///< of mappings
  std::int64_t labels = 0;       ///< effort of the proof for its networks

  bool feasible() const { return mapped && !pruned && reason.empty(); }
};

/// The value of every parameter of a point by name, in words.
std::map<std::string, std::string> named_values(const Space& space, const Point& point);

/// A study bound to its data: networks, family, space, goal. Immutable; safe to use from several threads.
class Codesign {
 public:
  /// Reads workloads and family. Throws InputError with every mistake, also those in `fixed` and `space`. An `own`
  /// evaluator decides in place of the study's: the mappers still search with the loop model, and no bound is known.
  explicit Codesign(Study study, std::shared_ptr<const Evaluator> own = nullptr);

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
    double incumbent =
        0.0;  ///< > 0: designs that cannot be below it are pruned, at the sight of a bound or while mapping
    std::function<bool()> stop;  ///< true: give up; the answer is none
    bool prune = true;           ///< false: map whatever the specs and bounds say (the hand design)
    bool prove = true;           ///< false: mappings may be good without proof, where proofs can wait
    std::optional<double>
        memory_mb{};  ///< of a network's proof, per layer: where it ends, the bound stays what it is
    /// Designs may also be pruned by the incumbent where specs need mappings to be known: nobody learns from them by how
    /// much they are kept.
    bool unseen = false;
  };

  /// The best mapping of every layer at this hardware point, and what that gives.
  std::optional<DesignPoint> evaluate(const Point& point, Dataflow dataflow, const Limits& limits) const;

  /// Whether the study's mapper can put proofs off: exact, without a budget or gap, decided by the loop model.
  bool proofs_can_wait() const;

  /// The same machine with its best mappings, proven, where proofs can wait. For products of energy and cycles the best
  /// mappings of its networks as wholes: a network's energy x cycles is not least where each layer's is. Other designs are
  /// returned as they are. With an incumbent the proof goes only so far as to prune the machine, if it can be pruned; when
  /// told to stop it answers what is known.
  DesignPoint refined(DesignPoint design, Dataflow dataflow, const Limits& limits) const;

  /// A point of the space that has the hand design's values wherever the others allow it, parameter by parameter. Throws
  /// InputError when the space is empty.
  Point nearest_to_hand() const;

  /// A lower bound of the objective over all mappings at this point, in microseconds; 0 when none is known.
  double bound(const Point& point) const;
  /// The same within the specs: infinite where no mapping on this machine keeps them, as far as bounds show.
  double bound_within(const Point& point) const;
  /// Whether a spec's metric is bounded before any mapping is known, so that bounds use it.
  bool bounded_beforehand(const Spec& spec) const;
  /// What a design is judged by.
  DesignFigures figures(double energy_pj, double cycles, double area_um2) const;

  /// A lower bound of the objective over all mappings on all machines of a box whose shape is one: that of a machine none of
  /// them improves on. Infinite where every one of them is larger than the specs allow; 0 when nothing is known.
  double bound(const Box& box) const;
  /// The same in parts. `ideal` is the machine of family().ideal(box), `rules` are rules(box): raises the costs of the unique
  /// layers `which` to what is known of them in this box, and answers the bound that all costs give together.
  double bound(const Architecture& ideal, const std::vector<MappingRules>& rules,
               std::span<const std::size_t> which, std::vector<CompulsoryCost>& costs) const;
  /// Rules per unique layer that allow every mapping that some machine of the box allows.
  std::vector<MappingRules> rules(const Box& box) const;
  /// The unique layers, those with the largest share of energy and cycles first, and how many of them have half of both.
  std::pair<std::vector<std::size_t>, std::size_t> heaviest(const std::vector<CompulsoryCost>& costs) const;
  /// The machine of the box that none of it improves on, where there is one and it is easily found.
  std::optional<Point> ideal_point(const Box& box) const;

  /// The loop model's objective at its own best mappings, whatever the study's model; none where some layer has no mapping.
  std::optional<double> loop_objective(const Point& point, int threads) const;

  /// The trial that a design is recorded as, and told to the designer.
  Trial trial(std::int64_t id, const DesignPoint& design) const;

  /// A designer for this study.
  std::unique_ptr<Designer> designer(int threads) const;
  /// The designer of the study's proof: every point whose bound is below the best told, the least bound first.
  std::unique_ptr<Designer> prover(int threads) const;

  /// Everything that would change trials, and what reports want to know.
  StudyRecord record(const std::string& command, const std::string& version) const;

 private:
  struct PoolLayer {
    Layer layer;
    std::string key;
    std::shared_ptr<const LayerBound> bound;
  };
  struct Use {
    std::size_t pool;
    std::int64_t count;
    std::string name;
  };

  struct LayerAnswer {
    MapResult result;
    Evaluation evaluation;  ///< by the study's model
    std::vector<LimitedMapping> seen;  ///< of another model: what it was asked and found legal
    std::string failure;
    double screened_objective = 0.0;
  };

  /// A lower bound of the objective from lower bounds of the layers' objectives. Hoelder:
  /// (sum E)^a (sum c)^b >= (sum (E^a c^b)^(1 / (a + b)))^(a + b).
  double combined(const std::vector<double>& layers) const;
  /// The factor on the bounds of the open layers from which `combined` reaches the incumbent.
  double cutoff_scale(const std::vector<double>& bounds, const std::vector<char>& open,
                      double incumbent) const;
  /// The loop model's bounds hold for the study's model on this machine.
  bool loop_model_bounds(const Architecture& architecture) const;
  /// Bounds of the layers, of those that are not `weighty` (by position; empty: all are) only what a glance shows.
  std::vector<CompulsoryCost> compulsory(const Point& point, const Architecture& architecture,
                                         const std::vector<char>& weighty = {}) const;
  /// Weighted sums over the networks.
  CompulsoryCost sums(const std::vector<CompulsoryCost>& costs) const;
  /// Layers that take 3 % of the energy or of the cycles of the hand design, as far as a glance shows: with these a guess of
  /// three networks is within a percent or two of its bound, eight times faster.
  std::vector<char> weighty_layers() const;
  /// Logarithms of what the objectives may be at a point, from bounds.
  std::vector<double> guesses(const Point& point, const std::vector<char>& weighty) const;
  /// The objective of the networks together, their layers at these costs (of layers, or bounds of them).
  double combined(const std::vector<CompulsoryCost>& costs) const;
  struct Effort {
    int threads = 1;  ///< as in MapRequest, like the others
    double cutoff = 0.0;
    bool prove = true;
  };
  LayerAnswer map_layer(std::size_t pool, const DesignPoint& design, Dataflow dataflow,
                        const Effort& effort) const;
  /// Maps every layer. With `cutting`, in rounds: the missing distance to the incumbent is shared out over the layers in
  /// proportion to their bounds, and each search only proves its share; a layer whose optimum lies below its share is
  /// solved, and the others share what is left. Ends when all are solved or the point is proven no better. None when
  /// stopped.
  std::optional<std::vector<LayerAnswer>> map_layers(DesignPoint& design, Dataflow dataflow,
                                                     const Limits& limits,
                                                     const std::vector<CompulsoryCost>& costs, bool prove,
                                                     bool cutting) const;
  /// Whether a machine keeps the specs on area and, with `mappable`, holds the tiles that its rules demand of every layer:
  /// what needs no mapping to be known.
  bool admits(const Point& point, bool mappable) const;
  /// Whether the machine keeps the specs on area, which need no mapping.
  bool area_allowed(double area_um2) const;
  /// Whether a network's optimum is one of its own, and proven as such.
  bool proofs_of_networks() const;
  /// Network `network`, whose layers begin at design.layers[first] and are mapped.
  NetworkMapRequest network_request(std::size_t network, std::size_t first, const DesignPoint& design,
                                    Dataflow dataflow, const Limits& limits) const;
  /// The spec that the design breaks most, as a reason; empty when none.
  std::string broken_spec(const DesignPoint& design) const;
  std::vector<std::string> broken_metrics(const DesignPoint& design) const;
  /// Some spec is about what mappings cost.
  bool limits_mappings() const;
  /// The networks over the pool, and how their costs are put together within the specs on a machine of this area.
  std::vector<NetworkUses> network_uses() const;
  NetworkGoal network_goal(double area_um2) const;
  /// Whether costs from below show that no mapping keeps the specs.
  bool ruled_out(const std::vector<CompulsoryCost>& costs) const;
  /// Gives a mapped design that breaks specs the best mappings that keep them, or else those that break them least.
  void keep_limits(DesignPoint& design, Dataflow dataflow, const Limits& limits,
                   const std::vector<LayerAnswer>& answers, bool prove) const;
  /// The same by the exact mapper, from the mappings of designs on the same machine.
  void keep_limits_exactly(DesignPoint& design, Dataflow dataflow, const Limits& limits, bool prove,
                           std::span<const DesignPoint* const> known) const;
  /// What other mappings are known of a layer, or can be had of its mapper.
  std::vector<LimitedMapping> alternatives(std::size_t pool, const DesignPoint& design, Dataflow dataflow,
                                           const LayerAnswer& answer, int threads) const;
  /// Puts a choice into the design: mappings, costs, objective, reason.
  void take(DesignPoint& design, const NetworkChoice& choice,
            const std::vector<std::vector<LimitedMapping>>& mappings) const;
  /// The objective of layers at their (energy, cycles) by the loop model.
  double loop_objective(const std::vector<LayerAnswer>& answers) const;
  /// What the mapper is asked for a layer of the pool.
  MapRequest request(std::size_t pool, const DesignPoint& design, Dataflow dataflow,
                     const Effort& effort) const;
  /// Objective, bound and metrics of a design from its networks.
  void total(DesignPoint& design) const;
  /// Sums over the networks, from the layers' answers.
  void sum_up(DesignPoint& design, const std::vector<LayerAnswer>& answers, bool bounded) const;

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
  Bypass bypass_ = Bypass::search;
  std::unique_ptr<Mapper> mapper_;
  std::shared_ptr<const Evaluator> evaluator_;  ///< null: the loop model, as the mappers use it
  bool foreign_ = false;                        ///< the evaluator is the user's: nothing is known about it
};

/// How the points of a finite space were dealt with.
struct SpaceWork {
  std::int64_t points = 0;   ///< of the space; 0: not listed
  std::int64_t untried = 0;  ///< no trial: only their bound is known
  std::int64_t cut = 0;      ///< given up by a bound, before or while their layers were mapped
  std::int64_t mapped = 0;   ///< mapped to the end, or without a mapping
  std::int64_t settled = 0;  ///< networks that were mapped as wholes to decide
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
  std::optional<Trial> closest;  ///< without a feasible design: the trial that breaks the specs least
  bool none_keeps = false;       ///< proven: no design of the space keeps the specs
  double lower_bound = 0.0;      ///< of the objective over the whole space; 0: none known
  bool proven = false;           ///< no point of the space is better than `best`
  SpaceWork work;
  /// With several objectives: the feasible trials that none dominates, ascending in the first objective, and the volume
  /// that they dominate below `reference` (ten times the hand design in every objective), in powers of ten.
  std::vector<Trial> front;
  std::vector<double> reference;
  double hypervolume = 0.0;
  bool exhausted = false;  ///< every point of the space was tried, or excluded by its bound
  /// No machine that was tried has less, whatever its mappings, as far as proofs that were put off went; 0 when unknown.
  double tried_lower_bound = 0.0;
  std::string stopped = "trials";  ///< trials, exhausted, proven, time, interrupt
  std::vector<std::string> notes;  ///< what the user should know of a resumed run
  double seconds = 0.0;
  double gap() const;  ///< (best - bound) / best; 1 without a bound
  /// No machine that was tried is better than `best`.
  bool settled() const { return best && tried_lower_bound >= best->objective; }
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
/// round's start, mapped well but without proof where proofs can wait, told to the designer in order. Trials that the
/// store holds are replayed, not evaluated again.
CodesignResult run(const Codesign& codesign, const CodesignOptions& options);

}  // namespace dovetail
