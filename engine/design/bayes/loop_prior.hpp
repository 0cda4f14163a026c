// A designer of a study whose model is slow: its Gaussian process takes the loop model's answer as its mean.
//
// Two levels as in Kennedy and O'Hagan, Biometrika 87(1), 2000: log f(x) = log g(x) + d(x), with the loop model's
// answer g known exactly where it was asked (wherever f was, and at a number of points spread over the space) and
// elsewhere the posterior mean of a Gaussian process of its own; d, the disagreement of the models, is what the
// designer learns.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/points/coordinates.hpp>
#include <dovetail/surrogates/regression.hpp>

namespace dovetail {

/// The metric in which a trial carries the loop model's answer.
inline constexpr const char* loop_objective_metric = "loop_objective";

/// The loop model's answer as a function of hardware. Not thread-safe.
class LoopPrior {
 public:
  using Answer = std::function<std::optional<double>(const Point&)>;

  /// `exact` is the loop model's objective at its best mappings, none where nothing can be mapped. Asked at `spread`
  /// points drawn from the space when the first guess is wanted.
  LoopPrior(const Space& space, std::function<std::vector<double>(const Point&)> features, Answer exact,
            std::uint64_t seed, int spread = 32);

  /// The answer is known here.
  void learn(const Point& point, double objective);

  /// Logarithm of the answer: exact where known, else the posterior mean.
  double operator()(const Point& point);

  std::size_t known() const { return known_.size(); }

 private:
  void fit();
  Space space_;
  PointFeatures features_;
  Answer exact_;
  std::uint64_t seed_;
  int spread_;
  bool drawn_ = false;
  std::map<Point, double> known_;  ///< logarithms
  Matrix inputs_;
  std::vector<double> outputs_;  ///< logarithms, in the order learned
  Regression emulator_;
  std::size_t fitted_ = 0;
};

/// The designer of `context` with the prior as its mean; trials told with loop_objective_metric teach the prior first.
/// Its objective is taken in logarithms.
std::unique_ptr<Designer> make_screened_designer(const std::string& name, DesignerContext context,
                                                 std::shared_ptr<LoopPrior> prior);

}  // namespace dovetail
