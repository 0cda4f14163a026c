// The joint search: hardware and mappings chosen together, for evaluators too expensive to nest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

struct JointOptions {
  std::int64_t evaluations = 2000;  ///< of mappings by the evaluator that decides, over all layers
  int warm_up = 4;                  ///< designs before the surrogates choose: random machines and mappings
  int machines = 8;                 ///< considered per design: the best so far, its neighbours, random ones
  int mappings = 40;                ///< considered per layer and machine
  double exploration = 1.0;         ///< lambda of the lower confidence bound
  std::function<bool()> interrupted;
  std::function<void(std::int64_t evaluations, double best)> progress;  ///< after every design
};

/// One evaluation is a mapping of a layer on a machine, asked of `evaluator` (null: the study's model). Nothing is
/// nested: a design is a machine with one mapping of every layer, and each is evaluated once. Per layer a Gaussian
/// process with a linear kernel and noise learns the logarithm of the layer's objective over features of machine and
/// mapping together; unless the loop model itself decides, the loop model's answer is its mean. Of all machines
/// considered, the one whose layers' least confidence bounds combine to the least objective is evaluated, every layer
/// with that mapping:
///
///     (sum over layers of count x bound^(1 / (a + b)))^(a + b)     for an objective energy^a x cycles^b
///
/// Mappings that the loop model finds illegal are never asked. The area's specs hold by choice of the machine, others
/// by what was measured. `trials` of the result are the designs; no bound is known of it, and no pruning is done.
CodesignResult joint_search(const Codesign& codesign, const JointOptions& options,
                            std::shared_ptr<const Evaluator> evaluator = nullptr);

}  // namespace dovetail
