#include <dovetail/spaces/space/random.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace dovetail {
namespace {

using Philox = r123::Philox4x32;
__extension__ using Wide = unsigned __int128;

std::uint64_t absorb(std::uint64_t state, std::uint64_t word) {
  const Philox::ctr_type counter{
      {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32), 0x646f7665u, 0u}};
  const Philox::key_type key{{static_cast<std::uint32_t>(state), static_cast<std::uint32_t>(state >> 32)}};
  const Philox::ctr_type out = Philox()(counter, key);
  return (static_cast<std::uint64_t>(out[1]) << 32) | out[0];
}

}  // namespace

Random::Random(std::uint64_t seed, std::initializer_list<std::uint64_t> name) : key_(seed) {
  for (const std::uint64_t word : name) key_ = absorb(key_, word);
}

void Random::refill() {
  const Philox::ctr_type counter{{static_cast<std::uint32_t>(counter_[0]),
                                  static_cast<std::uint32_t>(counter_[0] >> 32),
                                  static_cast<std::uint32_t>(counter_[1]), 1u}};
  const Philox::key_type key{{static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)}};
  const Philox::ctr_type out = Philox()(counter, key);
  buffer_[0] = (static_cast<std::uint64_t>(out[1]) << 32) | out[0];
  buffer_[1] = (static_cast<std::uint64_t>(out[3]) << 32) | out[2];
  left_ = 2;
  if (++counter_[0] == 0) ++counter_[1];
}

Random::result_type Random::operator()() {
  if (left_ == 0) refill();
  return buffer_[2 - left_--];
}

double Random::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double Random::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019.
  Wide product = static_cast<Wide>((*this)()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<Wide>((*this)()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace dovetail
