// The numbers of a point, one slot each, as the counting and searching code sees them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/space/parameter.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {

/// One number of a point: a real range or an ascending list of choices numbered from 0. Expressions see
/// number(i), the point stores stored(i); they differ for ordinal parameters only, which store the position.
struct PointSlot {
  int parameter = 0;
  int group = -1;  ///< SlotTable::groups: its numbers are only legal together
  bool real = false;
  bool log = false;                ///< of a real: uniform in the logarithm
  double low = 0.0, high = 0.0;    ///< of a real
  std::int64_t count = 1;          ///< choices of a discrete slot
  double first = 0.0, step = 1.0;  ///< choice i is first + i x step,
  std::vector<double> table;       ///< or table[i] when not empty
  bool stores_position = false;

  double number(std::int64_t choice) const;
  double stored(std::int64_t choice) const;
  std::int64_t choice(double stored) const;  ///< -1: not one of them
  double number_of(double stored) const;     ///< what expressions see
  double real_at(double unit) const;         ///< real at a share of the range, in [0, 1]
  double unit_of(double value) const;        ///< inverse of real_at
  Interval range() const;                    ///< of number
};

/// Slots that are only legal together.
struct SlotGroup {
  enum class Kind : std::uint8_t { permutation, factorization } kind = Kind::permutation;
  int first = 0, count = 0;
  std::int64_t product = 1;  ///< of a factorization
};

struct PrimePower {
  std::int64_t prime = 2;
  int exponent = 1;
};

/// Ascending primes with their exponents; empty for 1.
std::vector<PrimePower> prime_factors(std::int64_t number);
/// All divisors, ascending.
std::vector<std::int64_t> divisors(std::int64_t number);

/// All slots of a list of parameters.
struct SlotTable {
  std::vector<PointSlot> slots;
  std::vector<SlotGroup> groups;
  std::vector<int> offsets;  ///< first slot of every parameter, and the number of slots

  explicit SlotTable(const std::vector<Parameter>& parameters);
  SlotTable() = default;

  double group_count(int group) const;  ///< legal assignments of a group
  void sample_group(int group, Random& random,
                    std::span<double> stored) const;  ///< uniform; stored: of the point
  void sample_slot(int slot, Random& random,
                   std::span<double> stored) const;  ///< uniform, of an ungrouped slot
  bool legal(std::span<const double> stored) const;  ///< within the domains
};

/// The names that expressions over these parameters may use, one per number of a point and in that order: the
/// parameter's own name, or name.item and name.slot for a permutation (position of the item) and a
/// factorization.
std::vector<Symbol> symbols(const std::vector<Parameter>& parameters);

}  // namespace dovetail
