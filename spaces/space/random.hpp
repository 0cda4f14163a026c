// Counter-based random streams named by their use, so that numbers never depend on threads or on call order.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace dovetail {

/// A stream of Philox 4x32-10 (Salmon et al., SC 2011) named by a seed and a list of words, for instance
/// Random(seed, {Stream::trial, trial, candidate}). Equal names give equal streams on every machine; different names
/// are independent. Satisfies UniformRandomBitGenerator, but use the members: the standard distributions differ
/// between libraries.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed, std::initializer_list<std::uint64_t> name = {});

  result_type operator()();
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  double uniform();                          ///< in [0, 1), 53 bits
  double uniform(double low, double high);   ///< in [low, high)
  std::uint64_t below(std::uint64_t bound);  ///< unbiased in [0, bound), bound >= 1
  double normal();                           ///< standard normal (Box-Muller)

 private:
  void refill();
  std::uint64_t key_ = 0;
  std::uint64_t counter_[2] = {0, 0};
  std::uint64_t buffer_[2] = {0, 0};
  int left_ = 0;
};

}  // namespace dovetail
