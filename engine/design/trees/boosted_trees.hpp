// Gradient-boosted regression trees: a small value type over XGBoost's C interface.
#pragma once

#include <memory>
#include <vector>

namespace dovetail {

/// How the trees grow.
struct BoostedTreesOptions {
  int rounds = 60, depth = 4;
  double learning_rate = 0.2, min_child_weight = 1.0;
  bool probability =
      false;  ///< targets are 0 or 1, predictions probabilities (logistic loss in place of squared error)
};

/// Trees fitted to rows of features by squared error, or to outcomes by logistic loss. One thread and no sampling, so
/// equal data give equal trees. Throws std::runtime_error with the library's message when it fails.
class BoostedTrees {
 public:
  BoostedTrees(const std::vector<std::vector<double>>& features, const std::vector<double>& targets,
               const BoostedTreesOptions& options = {});
  std::vector<double> predict(const std::vector<std::vector<double>>& features) const;

 private:
  struct Booster;
  std::shared_ptr<const Booster> booster_;
};

}  // namespace dovetail
