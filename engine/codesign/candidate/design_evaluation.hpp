// What a candidate is worth: the best mapping of every layer, or a proof that it cannot beat the incumbent.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <dovetail/engine/codesign/candidate/design.hpp>
#include <dovetail/engine/codesign/candidate/study_terms.hpp>
#include <dovetail/engine/map/network/limited_mapper.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>

namespace dovetail {

/// What may end an evaluation early, and on how many threads it runs.
struct EvaluationLimits {
  int threads = 1;
  /// > 0: designs that cannot be below it are pruned, at the sight of a bound or while mapping.
  double incumbent = 0.0;
  std::function<bool()> stop;  ///< true: give up; the answer is none
  bool prune = true;           ///< false: map whatever the specs and bounds say (the hand design)
  bool prove = true;           ///< false: mappings may be good without proof, where proofs can wait
  /// Of a network's proof, per layer: where it ends, the bound stays what it is.
  std::optional<double> memory_mb{};
  /// Designs may also be pruned by the incumbent where specs need mappings to be known: nobody learns from them by how
  /// much they are kept.
  bool unseen = false;
};

class DesignEvaluation {
 public:
  explicit DesignEvaluation(const StudyTerms& terms) : terms_(&terms) {}  ///< outlives the evaluation

  /// The best mapping of every layer, and what that gives. `free` candidates alone are pruned by the incumbent. None
  /// when stopped.
  std::optional<DesignPoint> evaluate(const Candidate& candidate, Dataflow dataflow,
                                      const EvaluationLimits& limits) const;

  /// The same candidate with its best mappings, proven, where proofs can wait. For products of energy and cycles the
  /// best mappings of its networks as wholes: a network's energy x cycles is not least where each layer's is. Other
  /// designs are returned as they are; where results may stay on chip, with what layer by layer costs. With an
  /// incumbent the proof goes only so far as to prune the machine, if it can be pruned; when told to stop it answers
  /// what is known.
  DesignPoint refined(const Candidate& candidate, DesignPoint design, Dataflow dataflow,
                      const EvaluationLimits& limits) const;

  /// The loop model's objective at its own best mappings, whatever decides; none where some layer has no mapping.
  std::optional<double> loop_objective(const Candidate& candidate, int threads) const;

  /// Objective, bound and metrics of a design from its networks.
  void total(DesignPoint& design) const;
  /// The first spec that the design breaks, as a reason; empty when none.
  std::string broken_spec(const DesignPoint& design) const;

 private:
  struct LayerAnswer {
    MapResult result;
    Evaluation evaluation;             ///< by what decides
    std::vector<LimitedMapping> seen;  ///< of another model: what it was asked and found legal
    std::string failure;
    double screened_objective = 0.0;
  };
  using Answers = std::vector<LayerAnswer>;
  struct Effort {
    int threads = 1;  ///< as in MapRequest, like the others
    double cutoff = 0.0;
    bool prove = true;
    /// Ends a mapping search of the larger spaces, which can be long; whoever asked checks it again.
    std::function<bool()> stop = {};
  };

  /// What the mapper is asked for a layer.
  MapRequest request(const Candidate& candidate, std::size_t layer, const Effort& effort) const;
  LayerAnswer map_layer(const Candidate& candidate, std::size_t layer, const Effort& effort) const;
  /// Maps every layer. With `cutting`, in rounds: the missing distance to the incumbent is shared out over the layers
  /// in proportion to their bounds, and each search only proves its share; a layer whose optimum lies below its share
  /// is solved, and the others share what is left. Ends when all are solved or the point is proven no better. None when
  /// stopped.
  std::optional<Answers> map_layers(const Candidate& candidate, DesignPoint& design, const EvaluationLimits& limits,
                                    const std::vector<CompulsoryCost>& costs, bool prove, bool cutting) const;
  /// The factor on the bounds of the open layers from which all together reach the incumbent.
  double cutoff_scale(const NetworkSet& work, const std::vector<double>& bounds, const std::vector<char>& open,
                      double incumbent) const;
  /// The objective of layers at their (energy, cycles) by the loop model.
  double loop_objective(const NetworkSet& work, const Answers& answers) const;
  /// Sums over the networks, from the layers' answers.
  void sum_up(const Candidate& candidate, DesignPoint& design, const Answers& answers, bool bounded) const;
  /// Network `network`, whose layers begin at design.layers[first] and are mapped.
  NetworkMapRequest network_request(const Candidate& candidate, std::size_t network, std::size_t first,
                                    const DesignPoint& design, const EvaluationLimits& limits) const;

  // With results that stay on chip: design_fusion.cpp
  std::optional<DesignPoint> evaluate_fused(const Candidate& candidate, DesignPoint design, Dataflow dataflow,
                                            const EvaluationLimits& limits) const;
  /// What is asked of a network, which costs less than `cutoff` (0: whatever it costs).
  FusedMapRequest fused_request(const Candidate& candidate, const WeightedNetwork& network, Fusion fusion,
                                double cutoff, const EvaluationLimits& limits) const;
  /// The same within limits on what schedules cost.
  std::optional<DesignPoint> evaluate_fused_within(const Candidate& candidate, DesignPoint design, Fusion fusion,
                                                   const EvaluationLimits& limits) const;
  FusedLimitedRequest limited_request(const Candidate& candidate, double area_um2, Fusion fusion,
                                      const EvaluationLimits& limits) const;
  /// Puts a network's schedule into the design: sums, and every run as a layer.
  void take_fused(DesignPoint& design, const WeightedNetwork& network, FusedMapRequest request, FusedMapResult result,
                  std::optional<FrontKnown> within = {}) const;
  /// The same networks layer by layer, to compare with.
  void add_unfused(const Candidate& candidate, DesignPoint& design, const EvaluationLimits& limits) const;

  // Within limits on what mappings cost: design_limits.cpp
  std::vector<std::string> broken(const DesignPoint& design) const;
  /// Gives a mapped design that breaks specs the best mappings that keep them, or else those that break them least.
  void keep_limits(const Candidate& candidate, DesignPoint& design, const EvaluationLimits& limits,
                   const Answers& answers, bool prove) const;
  /// The same by the exact mapper, from the mappings of designs on the same machine.
  void keep_limits_exactly(const Candidate& candidate, DesignPoint& design, const EvaluationLimits& limits, bool prove,
                           std::span<const DesignPoint* const> known) const;
  /// What other mappings are known of a layer, or can be had of its mapper.
  std::vector<LimitedMapping> alternatives(const Candidate& candidate, std::size_t layer, const LayerAnswer& answer,
                                           int threads) const;
  /// Puts a choice into the design: mappings, costs, objective, reason.
  void take(const Candidate& candidate, DesignPoint& design, const NetworkChoice& choice,
            const std::vector<std::vector<LimitedMapping>>& mappings) const;

  const StudyTerms* terms_;
};

}  // namespace dovetail
