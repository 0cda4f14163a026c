// The Bayesian mapper: fit, draw candidates, evaluate the one with the least confidence bound, repeat.
#include <dovetail/engine/map/sampling/bayes_mapper.hpp>

#include <cmath>
#include <set>
#include <vector>

#include <dovetail/engine/map/sampling/linear_belief.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/spaces/family/features.hpp>
#include <dovetail/spaces/space/random.hpp>
#include <dovetail/surrogates/regression.hpp>

namespace dovetail {
namespace {

constexpr int candidates_give_up =
    2'000;  // draws in a row without a new legal mapping: nothing fits, or nothing is left

struct MappingOrder {
  bool operator()(const PackedMapping& a, const PackedMapping& b) const { return lexicographically_less(a, b); }
};

}  // namespace

MapResult BayesMapper::map(const MapRequest& request) const {
  const MapMoves moves(request);
  const MappingFeatures features(request.layer, request.architecture);
  MapSession session(request);
  Regression regression = linear_belief(static_cast<std::size_t>(features.size()), options_.history);
  std::set<PackedMapping, MappingOrder> seen;
  Matrix inputs;
  std::vector<double> outputs;

  for (std::uint64_t suggestion = 0; !session.finished(options_.budget); ++suggestion) {
    const bool warm = outputs.size() >= static_cast<std::size_t>(options_.warm_up);
    if (warm) regression.update(inputs, outputs);
    Random random(request.seed, {4, suggestion});
    std::vector<PackedMapping> candidates;
    Matrix rows;
    const std::size_t wanted = warm ? static_cast<std::size_t>(options_.candidates) : 1;
    for (int failures = 0; candidates.size() < wanted && failures < candidates_give_up;) {
      const auto mapping = moves.sample(random);
      if (!mapping || seen.count(*mapping) != 0) {
        ++failures;
        continue;
      }
      failures = 0;
      candidates.push_back(*mapping);
      rows.append(features(*mapping));
    }
    if (candidates.empty()) break;
    std::size_t chosen = 0;
    if (warm && regression.ready()) {
      const Prediction belief = regression.predict(rows);
      const auto bound = [&](std::size_t i) {
        return belief.mean[i] - options_.exploration * std::sqrt(belief.variance[i]);
      };
      for (std::size_t i = 1; i < candidates.size(); ++i) {
        if (bound(i) < bound(chosen)) chosen = i;
      }
    }
    seen.insert(candidates[chosen]);
    const double value = session.evaluate(candidates[chosen]);
    if (!std::isfinite(value) || value <= 0.0) continue;
    inputs.append(rows.row(chosen));
    outputs.push_back(value);
  }
  return session.result();
}

}  // namespace dovetail
