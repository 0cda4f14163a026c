// What the layers of a study cost on the machines of a class, and what their sums say of the objective.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <dovetail/engine/bound/toll_search.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/proof/shape_class.hpp>

namespace dovetail {

/// A layer as a network has it.
struct UsedLayer {
  std::size_t network = 0, layer = 0;
  double count = 1.0;
};

/// All of a study, and their order by share of operations, the heaviest first.
struct UsedLayers {
  explicit UsedLayers(const Codesign& codesign);
  std::vector<UsedLayer> all;
  std::vector<std::size_t> order;
};

/// The searches of a class's layers, with the price of a cycle per network. Safe to use from several threads, but
/// `prepare`.
class ClassCosts {
 public:
  /// With what a glance shows (layer_bound.hpp). Prices are those of `whole`, a class that holds this one, if there is
  /// one: what is known of sums at these prices is then known of a part.
  ClassCosts(const Codesign& codesign, const UsedLayers& uses, ShapeClass shape, const ClassCosts* whole);

  const ShapeClass& shape() const { return shape_; }
  double glance() const { return glance_; }  ///< no design of the class has less
  double glance(std::size_t use) const;      ///< of energy + price x cycles
  double price(std::size_t use) const { return lines_[uses_.all[use].network].price; }  ///< pJ per cycle

  /// The searches' own bounds of energy and cycles, before the first of them.
  void prepare(int threads);
  bool prepared() const { return prepared_; }
  const TollSearch& search(std::size_t use) const;

  /// The least objective with energy + price x cycles >= sum, per network.
  double value(const std::vector<double>& sums) const;
  /// The sum of a network from which all of them reach the target.
  double enough(std::vector<double> sums, std::size_t network, double target) const;

 private:
  // Of a network.
  struct Slope {
    double price = 0.0;
    double energy_pj = 0.0, cycles = 0.0;  // no machine has less
  };
  double network_value(const Slope& line, double sum) const;

  const Codesign& codesign_;
  const UsedLayers& uses_;
  ShapeClass shape_;
  double glance_ = 0.0;
  std::vector<Slope> lines_;
  std::vector<CompulsoryCost> costs_;                          // per layer, at a glance
  mutable std::vector<std::unique_ptr<TollSearch>> searches_;  // per layer, when first asked
  std::unique_ptr<std::once_flag[]> built_;
  bool prepared_ = false;
};

}  // namespace dovetail
