// Costs of layers on the machines of a class (see the header).
#include <dovetail/engine/codesign/proof/class_costs.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double rounding = 1e-9;
// Of the objective's own slope at which a cycle is priced: with less, the corner at the least cycles decides, and the
// least energy may be as loose as our bounds of it are.
constexpr double price_share = 0.8;

}  // namespace

UsedLayers::UsedLayers(const Codesign& codesign) {
  for (std::size_t n = 0; n < codesign.work().networks.size(); ++n)
    for (const CountedLayer& use : codesign.work().networks[n].layers)
      all.push_back({n, use.layer, static_cast<double>(use.count)});
  order.resize(all.size());
  std::iota(order.begin(), order.end(), 0);
  const auto weight = [&](std::size_t u) {
    return codesign.work().networks[all[u].network].weight * all[u].count *
           static_cast<double>(macs(codesign.work().layers[all[u].layer]->layer));
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
}

ClassCosts::ClassCosts(const Codesign& codesign, const UsedLayers& uses, ShapeClass shape, const ClassCosts* whole)
    : codesign_(codesign),
      uses_(uses),
      shape_(std::move(shape)) {
  const std::size_t layers = codesign.work().layers.size();
  searches_.resize(layers);
  built_ = std::make_unique<std::once_flag[]>(layers);
  std::vector<std::size_t> all(layers);
  std::iota(all.begin(), all.end(), 0);
  costs_.resize(layers);
  glance_ = codesign.bound(shape_.machine, shape_.rules, all, costs_);
  lines_.resize(codesign.work().networks.size());
  for (const UsedLayer& use : uses.all) {
    Slope& line = lines_[use.network];
    line.energy_pj += use.count * costs_[use.layer].energy_pj;
    line.cycles += use.count * costs_[use.layer].cycles;
  }
  const MappingObjective& objective = codesign.objective();
  for (std::size_t n = 0; n < lines_.size(); ++n) {
    Slope& line = lines_[n];
    if (whole == nullptr) {
      line.price = price_share * objective.cycles_power / objective.energy_power * line.energy_pj / line.cycles;
      continue;
    }
    line.price = whole->lines_[n].price;
    line.energy_pj = std::max(line.energy_pj, whole->lines_[n].energy_pj);
    line.cycles = std::max(line.cycles, whole->lines_[n].cycles);
  }
}

double ClassCosts::glance(std::size_t use) const {
  const CompulsoryCost& cost = costs_[uses_.all[use].layer];
  return cost.energy_pj + price(use) * cost.cycles;
}

const TollSearch& ClassCosts::search(std::size_t use) const {
  const std::size_t layer = uses_.all[use].layer;
  std::call_once(built_[layer], [&] {
    searches_[layer] = std::make_unique<TollSearch>(codesign_.work().layers[layer]->layer, shape_.machine,
                                                    shape_.rules[layer], codesign_.terms().bypass);
  });
  return *searches_[layer];
}

void ClassCosts::prepare(int threads) {
  std::vector<TollSearch::Root> roots(searches_.size());
  std::vector<std::size_t> first(searches_.size(), uses_.all.size());
  for (std::size_t u = uses_.all.size(); u-- > 0;) first[uses_.all[u].layer] = u;
  parallel_for(first.size(), threads, [&](std::size_t layer) {
    if (first[layer] == uses_.all.size()) return;
    search(first[layer]);
    TollSearch& own = *searches_[layer];
    roots[layer] = own.begin(shape_.toll(shape_.box, own.problem()));
  });
  std::vector<Slope> found(lines_.size());
  for (const UsedLayer& use : uses_.all) {
    found[use.network].energy_pj += use.count * roots[use.layer].energy_pj;
    found[use.network].cycles += use.count * roots[use.layer].cycles;
  }
  for (std::size_t n = 0; n < found.size(); ++n) {
    lines_[n].energy_pj = std::max(lines_[n].energy_pj, found[n].energy_pj);
    lines_[n].cycles = std::max(lines_[n].cycles, found[n].cycles);
  }
  prepared_ = true;
}

double ClassCosts::network_value(const Slope& line, double sum) const {
  const MappingObjective& objective = codesign_.objective();
  const double at_cycles = objective(std::max(line.energy_pj, sum - line.price * line.cycles), line.cycles);
  if (!(line.price > 0.0)) return at_cycles;
  return std::min(at_cycles, objective(line.energy_pj, std::max(line.cycles, (sum - line.energy_pj) / line.price)));
}

double ClassCosts::value(const std::vector<double>& sums) const {
  double total = 0.0;
  for (std::size_t n = 0; n < sums.size(); ++n)
    total = codesign_.terms().sum.add(total, codesign_.work().networks[n].weight * network_value(lines_[n], sums[n]));
  return total * (1.0 - rounding);
}

double ClassCosts::enough(std::vector<double> sums, std::size_t network, double target) const {
  double low = sums[network], high = std::max(low, 1e-300);
  const auto reaches = [&](double sum) {
    sums[network] = sum;
    return value(sums) >= target;
  };
  for (int k = 0; k < 200 && !reaches(high); ++k) high *= 1.5;
  for (int k = 0; k < 60; ++k) {
    const double middle = low + (high - low) / 2.0;
    (reaches(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace dovetail
