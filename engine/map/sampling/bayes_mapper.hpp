// The Bayesian mapper: a linear surrogate of mapping features chooses among random legal mappings.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Settings of Shi et al., "Learned Hardware/Software Co-Design of Neural Accelerators" (2020), software search;
/// recalled from the paper, not read again: 250 trials of which 30 are random, 150 feasible candidates per suggestion,
/// lower confidence bound with lambda 1.
struct BayesMapperOptions {
  std::int64_t budget = 250;  ///< evaluations when the request names none
  int warm_up = 30;           ///< random evaluations before the first suggestion
  int candidates = 150;       ///< drawn for each suggestion
  double exploration = 1.0;   ///< lambda of mean - lambda x standard deviation
  int history = 500;          ///< above it the surrogate sees a local selection: local_rows in regression.hpp
};

/// The logarithm of the objective as a Gaussian process with the linear kernel over MappingFeatures; each suggestion is
/// the candidate with the least confidence bound. Candidates are independent draws of the legal map-space that were not
/// evaluated yet. No bound, no proof.
class BayesMapper : public Mapper {
 public:
  explicit BayesMapper(BayesMapperOptions options = {}) : options_(options) {}
  std::string name() const override { return "bayes"; }
  MapResult map(const MapRequest& request) const override;

 private:
  BayesMapperOptions options_;
};

}  // namespace dovetail
