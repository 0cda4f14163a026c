// Eight numbers side by side in the compiler's vector types: the same element-wise arithmetic on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace dovetail::lanes {

inline constexpr int width = 8;

using Reals = double __attribute__((vector_size(64)));
using Masks = std::int64_t __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(32)));
using Bytes = std::uint8_t __attribute__((vector_size(8)));

template <class Vector>
inline Vector load(const void* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline Reals all(double value) {
  return Reals{} + value;
}
inline Reals to_reals(Ints value) {
  return __builtin_convertvector(value, Reals);
}

/// Product of the eight lanes (whole numbers below 2^53: exact in any order).
inline double product(Reals v) {
  using Four = double __attribute__((vector_size(32)));
  using Two = double __attribute__((vector_size(16)));
  const Four four = __builtin_shufflevector(v, v, 0, 1, 2, 3) * __builtin_shufflevector(v, v, 4, 5, 6, 7);
  const Two two = __builtin_shufflevector(four, four, 0, 1) * __builtin_shufflevector(four, four, 2, 3);
  return two[0] * two[1];
}

/// Lane p becomes the product of lanes 0..p.
inline Reals running_product(Reals v) {
  const Reals one = all(1.0);
  v *= __builtin_shufflevector(v, one, 8, 0, 1, 2, 3, 4, 5, 6);
  v *= __builtin_shufflevector(v, one, 8, 9, 0, 1, 2, 3, 4, 5);
  v *= __builtin_shufflevector(v, one, 8, 9, 10, 11, 0, 1, 2, 3);
  return v;
}

/// Lane p of the result is lane index[p] of v; 0 <= index < 8.
inline Ints permute(Ints v, Ints index) {
#if defined(__AVX2__)
  return reinterpret_cast<Ints>(
      _mm256_permutevar8x32_epi32(reinterpret_cast<__m256i>(v), reinterpret_cast<__m256i>(index)));
#else
  Ints result{};
  for (int p = 0; p < width; ++p) result[p] = v[index[p] & 7];
  return result;
#endif
}

/// Whether any lane of a mask is set.
inline bool any(Masks mask) {
#if defined(__AVX512DQ__)
  return _mm512_movepi64_mask(reinterpret_cast<__m512i>(mask)) != 0;
#else
  std::int64_t set = 0;
  for (int p = 0; p < width; ++p) set |= mask[p];
  return set != 0;
#endif
}

inline Reals larger(Reals a, Reals b) {
  return a > b ? a : b;
}
inline Reals smaller(Reals a, Reals b) {
  return a < b ? a : b;
}

/// Rounds up to a whole number.
inline Reals ceil(Reals v) {
#if defined(__AVX512F__)
  return reinterpret_cast<Reals>(_mm512_maskz_roundscale_pd(0xFF, reinterpret_cast<__m512d>(v), 0x0A));
#else
  for (int p = 0; p < width; ++p) v[p] = std::ceil(v[p]);
  return v;
#endif
}

/// Bit p set: lane p exceeds 1.
inline unsigned above_one(Ints v) {
#if defined(__AVX512VL__)
  return _mm256_cmpgt_epi32_mask(reinterpret_cast<__m256i>(v), _mm256_set1_epi32(1));
#elif defined(__AVX2__)
  return static_cast<unsigned>(
      _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(reinterpret_cast<__m256i>(v), _mm256_set1_epi32(1)))));
#else
  unsigned bits = 0;
  for (int p = 0; p < width; ++p) bits |= static_cast<unsigned>(v[p] > 1) << p;
  return bits;
#endif
}

/// Whether any lane of a differs from the same lane of b.
inline bool differ(Reals a, Reals b) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask(reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), _CMP_NEQ_UQ) != 0;
#else
  std::int64_t any = 0;
  const Masks wrong = a != b;
  for (int p = 0; p < width; ++p) any |= wrong[p];
  return any != 0;
#endif
}

/// Bit p set: bit index[p] of `set` is set; 0 <= index < 32.
inline unsigned members(unsigned set, Ints index) {
#if defined(__AVX512VL__)
  return _mm256_test_epi32_mask(_mm256_sllv_epi32(_mm256_set1_epi32(1), reinterpret_cast<__m256i>(index)),
                                _mm256_set1_epi32(static_cast<int>(set)));
#elif defined(__AVX2__)
  const __m256i moved = _mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(set)), reinterpret_cast<__m256i>(index));
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32(moved, 31))));
#else
  unsigned bits = 0;
  for (int p = 0; p < width; ++p) bits |= (set >> (static_cast<unsigned>(index[p]) & 31U) & 1U) << p;
  return bits;
#endif
}

}  // namespace dovetail::lanes
