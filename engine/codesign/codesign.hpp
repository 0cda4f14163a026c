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
#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>
#include <dovetail/engine/codesign/candidate/machine_bound.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/space/box.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// The value of every parameter of a point by name, in words.
std::map<std::string, std::string> named_values(const Space& space, const Point& point);

/// A study bound to its data: networks, family, space, goal. Immutable; safe to use from several threads. What its
/// points stand for, are worth, and at least cost, are things of their own: CandidateBuilder, DesignEvaluation,
/// MachineBound.
class Codesign {
 public:
  using Dataflow = dovetail::Dataflow;
  using Limits = EvaluationLimits;

  /// Reads workloads and family. Throws InputError with every mistake, also those in `fixed` and `space`. An `own`
  /// evaluator decides in place of the study's: the mappers still search with the loop model, and no bound is known. A
  /// `builder` makes the candidates of its points; none: the study's networks on the machines of its family.
  explicit Codesign(Study study, std::shared_ptr<const Evaluator> own = nullptr,
                    std::shared_ptr<const CandidateBuilder> builder = nullptr);

  const Study& study() const { return study_; }
  const Family& family() const { return *family_; }
  const std::vector<Network>& networks() const { return networks_; }
  const NetworkSet& work() const { return *work_; }  ///< the same over their distinct layers
  const Space& space() const { return space_; }      ///< narrowed by the study
  const StudyTerms& terms() const { return terms_; }
  const Goal& goal() const { return terms_.goal; }
  const MappingObjective& objective() const { return terms_.sum.objective(); }
  /// Points are those of the family's space: with other builders nothing is known of boxes, features, or a hand design.
  bool points_are_machines() const { return points_are_machines_; }
  std::size_t unique_layers() const { return work_->layers.size(); }  ///< over all networks

  Candidate candidate(const Point& point) const { return builder_->build(point, Dataflow::free); }
  MachineBound machine_bound() const { return MachineBound(terms_); }
  DesignEvaluation evaluation() const { return DesignEvaluation(terms_); }

  /// As of DesignEvaluation, for the candidate of a point.
  std::optional<DesignPoint> evaluate(const Point& point, Dataflow dataflow, const Limits& limits) const;
  DesignPoint refined(DesignPoint design, Dataflow dataflow, const Limits& limits) const;
  std::optional<double> loop_objective(const Point& point, int threads) const;
  bool proofs_can_wait() const { return terms_.proofs_can_wait(); }

  /// A point of the space that has the hand design's values wherever the others allow it, parameter by parameter.
  /// Throws InputError when the space is empty.
  Point nearest_to_hand() const;

  /// As of MachineBound: a lower bound of the objective over all mappings at this point, in microseconds; 0 when none
  /// is known.
  double bound(const Point& point) const;
  /// The same within the specs: infinite where no mapping on this machine keeps them, as far as bounds show.
  double bound_within(const Point& point) const;
  /// Whether a spec's metric is bounded before any mapping is known, so that bounds use it.
  bool bounded_beforehand(const Spec& spec) const;

  /// A lower bound of the objective over all mappings on all machines of a box whose shape is one: that of a machine
  /// none of them improves on. Infinite where none of them keeps the specs; 0 when nothing is known.
  double bound(const Box& box) const;
  /// The same in parts. `ideal` is the machine of family().ideal(box), `rules` are rules(box): raises the costs of the
  /// unique layers `which` to what is known of them in this box, and answers the bound that all costs give together.
  double bound(const Architecture& ideal, const std::vector<MappingRules>& rules, std::span<const std::size_t> which,
               std::vector<CompulsoryCost>& costs) const;
  /// Rules per unique layer that allow every mapping that some machine of the box allows.
  std::vector<MappingRules> rules(const Box& box) const;
  /// The unique layers, those with the largest share of energy and cycles first, and how many of them have half of
  /// both.
  std::pair<std::vector<std::size_t>, std::size_t> heaviest(const std::vector<CompulsoryCost>& costs) const {
    return terms_.sum.heaviest(*work_, costs);
  }
  /// The machine of the box that none of it improves on, where there is one and it is easily found.
  std::optional<Point> ideal_point(const Box& box) const;

  /// The trial that a design is recorded as, and told to the designer.
  Trial trial(std::int64_t id, const DesignPoint& design) const;

  /// A designer for this study, and that of its proof: see study_designer.hpp.
  std::unique_ptr<Designer> designer(int threads) const;
  std::unique_ptr<Designer> prover(int threads) const;

  /// Everything that would change trials, and what reports want to know: see identity.hpp.
  StudyRecord record(const std::string& command, const std::string& version) const;

 private:
  void read_networks(Diagnostics& diagnostics);
  void read_family(Diagnostics& diagnostics);
  void check_fusion(bool simulated, Diagnostics& diagnostics) const;
  void agree_on_terms(std::shared_ptr<const Evaluator> own);

  Study study_;
  std::vector<Network> networks_;
  std::shared_ptr<LayerPool> pool_ = std::make_shared<LayerPool>();
  std::shared_ptr<const NetworkSet> work_;
  std::shared_ptr<const Family> family_;
  Space space_;
  StudyTerms terms_;
  std::shared_ptr<const CandidateBuilder> builder_;
  bool points_are_machines_ = true;
};

/// How the points of a finite space were dealt with.
struct SpaceWork {
  std::int64_t points = 0;   ///< of the space; 0: not listed
  std::int64_t untried = 0;  ///< no trial: only their bound is known
  std::int64_t cut = 0;      ///< given up by a bound, before or while their layers were mapped
  std::int64_t mapped = 0;   ///< mapped to the end, or without a mapping
  std::int64_t settled = 0;  ///< networks that were mapped as wholes to decide
};

/// Where a study whose space was proven in part stood: the objective of the best, and what no design is below.
struct ProofStep {
  double seconds = 0.0, best = 0.0, lower_bound = 0.0;  ///< 0: none yet
};

/// A finished or interrupted study.
struct CodesignResult {
  std::optional<DesignPoint> best;           ///< feasible
  std::optional<DesignPoint> baseline;       ///< the hand design with its own dataflow; none when it cannot be mapped
  std::optional<DesignPoint> baseline_free;  ///< the hand design, freely mapped
  std::vector<Trial> trials;                 ///< by id
  std::int64_t feasible = 0, pruned = 0;
  std::map<std::string, std::int64_t> infeasible;  ///< by reason
  std::optional<Trial> closest;                    ///< without a feasible design: the trial that breaks the specs least
  bool none_keeps = false;                         ///< proven: no design of the space keeps the specs
  double lower_bound = 0.0;                        ///< of the objective over the whole space; 0: none known
  bool proven = false;                             ///< no point of the space is better than `best`
  SpaceWork work;
  /// With several objectives: the feasible trials that none dominates, ascending in the first objective, and the volume
  /// that they dominate below `reference` (ten times the hand design in every objective), in powers of ten.
  std::vector<Trial> front;
  std::vector<double> reference;
  double hypervolume = 0.0;
  bool exhausted = false;  ///< every point of the space was tried, or excluded by its bound
  /// No machine that was tried has less, whatever its mappings, as far as proofs that were put off went; 0 when
  /// unknown.
  double tried_lower_bound = 0.0;
  std::string stopped = "trials";  ///< trials, exhausted, proven, time, interrupt
  std::vector<std::string> notes;  ///< what the user should know of a resumed run
  std::vector<ProofStep> proof;    ///< how best and bound met, of a study with `prove`
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
  Queue* queue = nullptr;  ///< who evaluates, and records it in `store`; null: the threads of this process
  std::function<bool()> interrupted;
  std::function<void(const CodesignProgress&)> progress;
};

/// The co-design loop. Trials are a function of the study alone: rounds of `batch` points, or one at a lag, pruned with
/// the incumbent known when they are suggested, mapped well but without proof where proofs can wait, told to the
/// designer in order. Trials that the store holds are replayed, not evaluated again.
CodesignResult run(const Codesign& codesign, const CodesignOptions& options);

}  // namespace dovetail
