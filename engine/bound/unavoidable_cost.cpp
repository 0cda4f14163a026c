// What no mapping can avoid on a machine.
#include <dovetail/engine/bound/unavoidable_cost.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <dovetail/accelerators/loop/cost.hpp>

namespace dovetail {
namespace {

// Different values of i a + j b for i < m, j < n, with a, b >= 1: after division by their greatest common divisor,
// m n - max(0, m - b) max(0, n - a).
double distinct(std::int64_t m, std::int64_t a, std::int64_t n, std::int64_t b) {
  const std::int64_t g = std::gcd(a, b);
  const auto overlap = static_cast<double>(std::max<std::int64_t>(0, m - b / g)) *
                       static_cast<double>(std::max<std::int64_t>(0, n - a / g));
  return static_cast<double>(m) * static_cast<double>(n) - overlap;
}

// Words of a level that one element of a tensor takes.
double words_per_element(const Tensor& tensor, const Level& level) {
  return tensor.word_bits > 0 ? static_cast<double>(tensor.word_bits) / static_cast<double>(level.word_bits) : 1.0;
}

// Energy of one word where accesses are shared as much as they can be.
double per_word(double access_pj, const Level& level) {
  return access_pj / static_cast<double>(level.block_size) /
         static_cast<double>(std::max<std::int64_t>(1, level.cluster_size));
}

}  // namespace

double used_elements(const Layer& layer, const Tensor& tensor) {
  double product = 1.0;
  for (const Axis& axis : tensor.axes) {
    const auto extent = [&](const AxisTerm& term) {
      return layer.dimensions[static_cast<std::size_t>(term.dimension)].extent;
    };
    if (axis.size() == 2) {
      product *= distinct(extent(axis[0]), axis[0].coefficient, extent(axis[1]), axis[1].coefficient);
    } else {
      std::int64_t longest = 1;
      for (const AxisTerm& term : axis) longest = std::max(longest, extent(term));
      product *= static_cast<double>(longest);
    }
  }
  return product;
}

CompulsoryCost compulsory_cost(const Layer& layer, const Architecture& architecture, const MappingRules& rules) {
  const auto operations = static_cast<double>(macs(layer));
  const Level& outermost = architecture.levels.back();
  const auto levels = static_cast<int>(architecture.levels.size());

  double densities = 1.0, energy = 0.0, reads = 0.0, writes = 0.0;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    const Tensor& tensor = layer.tensors[t];
    const double words = used_elements(layer, tensor) * words_per_element(tensor, outermost);
    if (!tensor.written) densities *= tensor.density;
    (tensor.written ? writes : reads) += words;
    energy += words * tensor.density * share_not_gated(outermost, layer, t) *
              per_word(tensor.written ? outermost.energy.update_pj : outermost.energy.read_pj, outermost);

    // The innermost level that holds the tensor: any that is allowed, up to the first that must.
    if (architecture.link_transfers) continue;
    double least = std::numeric_limits<double>::infinity(), fanout = 1.0;
    for (int i = 0; i < levels - 1; ++i) {
      const Level& level = architecture.levels[static_cast<std::size_t>(i)];
      fanout *= static_cast<double>(fanout_x(architecture, i)) * static_cast<double>(fanout_y(architecture, i));
      const bool known = static_cast<std::size_t>(i) < rules.levels.size();
      const unsigned bit = 1U << t;
      if (known && (rules.levels[static_cast<std::size_t>(i)].must_bypass & bit) != 0) continue;
      const double access =
          (tensor.written ? level.energy.update_pj : level.energy.read_pj) * share_not_gated(level, layer, t);
      least = std::min(least, per_word(access, level) * words_per_element(tensor, level) / fanout);
      if (known && (rules.levels[static_cast<std::size_t>(i)].must_keep & bit) != 0) {
        energy += operations * tensor.density * least;
        break;
      }
    }
    // Where no level must hold it, it may come from the outermost memory directly, which is counted already.
  }
  energy += operations * densities * architecture.compute.energy_per_op_pj;

  double cycles = operations / static_cast<double>(std::max<std::int64_t>(1, architecture.compute.instances));
  const auto instances = static_cast<double>(std::max<std::int64_t>(1, outermost.instances));
  if (outermost.read_bandwidth) cycles = std::max(cycles, reads / instances / *outermost.read_bandwidth);
  if (outermost.write_bandwidth) cycles = std::max(cycles, writes / instances / *outermost.write_bandwidth);
  if (outermost.shared_bandwidth) cycles = std::max(cycles, (reads + writes) / instances / *outermost.shared_bandwidth);
  energy += idle_pj_per_cycle(architecture) * cycles;
  constexpr double rounding = 1.0 - 1e-9;  // counts are rounded to integers where bypass makes fractions
  return {energy * rounding, cycles * rounding};
}

}  // namespace dovetail
