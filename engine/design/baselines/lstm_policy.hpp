// A sequence of softmax choices with an LSTM between them, and the gradient of their log probability.
#pragma once

#include <memory>
#include <vector>

#include <dovetail/spaces/space/random.hpp>

namespace dovetail {

/// `choices[t]` alternatives at step t. Weights start uniform in +-0.1, named by the seed.
class LstmPolicy {
 public:
  LstmPolicy(std::vector<int> choices, int units, std::uint64_t seed);
  ~LstmPolicy();
  LstmPolicy(LstmPolicy&&) noexcept;

  std::vector<int> sample(Random& random) const;
  double log_probability(const std::vector<int>& sequence) const;
  /// One step of Adam up the gradient of weight x log p(sequence), summed over the sequences.
  void ascend(const std::vector<std::vector<int>>& sequences, const std::vector<double>& weights, double rate);

  /// For tests: all weights as one vector, and the gradient at them.
  std::vector<double> weights() const;
  void set_weights(const std::vector<double>& weights);
  std::vector<double> gradient(const std::vector<int>& sequence) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dovetail
