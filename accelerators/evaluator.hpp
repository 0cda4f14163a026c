// The interface of everything that can tell what a mapping costs.
#pragma once

#include <string>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// (layer, architecture, mapping) -> Evaluation. Implementations are pure: the same arguments give the same bits, on
/// any thread; `evaluate` may be called concurrently. An illegal mapping is answered with violations. A user's
/// evaluator may throw std::runtime_error: the trial fails with that reason.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual std::string name() const = 0;
  virtual Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const = 0;
};

}  // namespace dovetail
