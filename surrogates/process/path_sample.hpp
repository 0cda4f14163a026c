// Functions drawn from a Gaussian process's posterior, cheap to evaluate anywhere: Thompson sampling.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail {

/// One sample path by pathwise conditioning (Wilson et al., ICML 2020): f(x) = g(x) + k(x, X) K^-1 (y - g(X)
/// - e), with the prior path g made of random cosine features (Rahimi & Recht, NeurIPS 2007) and e the noise.
/// Random numbers are the caller's: `count` standard normals and as many numbers in [0, 1) are used.
class PathSample {
 public:
  static std::size_t count(const GaussianProcess& process, int features);
  PathSample(const GaussianProcess& process, int features, std::span<const double> normals,
             std::span<const double> uniforms);
  ~PathSample();
  PathSample(PathSample&&) noexcept;
  PathSample& operator=(PathSample&&) noexcept;
  std::vector<double> operator()(const Matrix& points) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dovetail
