// Factor chains within meshes, counted: what uniform draws of mappings stand on. Not for users.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include <dovetail/spaces/mapping/map_space.hpp>

namespace dovetail {

/// One stage per dimension; a state is the product along X and Y of every level that has children. The weight of a
/// state is the number of factor chains of the dimensions before that lead to it, temporal loops included.
struct MapSpace::Counted {
  struct Option {  // spatial factors of one dimension
    std::array<std::int32_t, max_levels> x{}, y{};
    std::size_t rest = 0;  // divisor left for the temporal loops
  };
  struct Transition {
    double until = 0.0;  // cumulative weight within its state
    std::uint32_t before = 0, option = 0;
  };
  struct Stage {
    std::vector<std::int32_t> divisors;
    std::vector<std::vector<std::uint32_t>> quotient;  // [divisor][factor]: index of divisor / factor, or none
    std::vector<std::vector<double>> ways;             // [level][divisor]: temporal chains over levels 0 .. level
    std::vector<Option> options;
    std::vector<std::uint32_t> first;  // transitions of state s after this dimension: first[s] .. first[s + 1]
    std::vector<Transition> transitions;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::size_t max_transitions = 2'000'000;

  std::once_flag once;
  std::vector<Stage> stages;
  std::vector<double> last;  // cumulative weight of the states after all dimensions
  bool meshed = true;        // false: too many states; spatial factors are drawn without regard to meshes
  double total() const { return last.empty() ? 0.0 : last.back(); }
};

}  // namespace dovetail
