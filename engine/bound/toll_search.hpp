// A layer's own best machine: the mapping and the capacities, at their prices, that together cost least.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <dovetail/engine/map/exact/label_search.hpp>

namespace dovetail {

/// The exact search of a layer on a machine with tolls (toll.hpp). Its answers are lower bounds of energy_pj + price x
/// cycles over all mappings on all machines that the tolls stand for. Safe to use from several threads.
class TollSearch {
 public:
  /// Throws std::length_error when the layer has too many tiles for tables.
  TollSearch(const Layer& layer, const Architecture& machine, const MappingRules& rules, Bypass bypass);

  /// What is known: no mapping costs less than `bound`. With a mapping, its tiles take `need` words of each level.
  struct Answer {
    double bound = 0.0;
    bool mapped = false;
    double energy_pj = 0.0, cycles = 0.0;
    std::array<double, max_levels> need{};
    std::int64_t labels = 0;  ///< effort
    double cost(double price) const {
      return mapped ? energy_pj + price * cycles : std::numeric_limits<double>::infinity();
    }
  };
  /// What is asked.
  struct Question {
    double price = 0.0;                                       ///< pJ per cycle
    double known = 0.0;                                       ///< nothing costs less, as is known beforehand
    double enough = std::numeric_limits<double>::infinity();  ///< a bound that suffices
    double expected = 0.0;                                    ///< what the answer may be about; 0: nobody knows
    std::optional<Answer> found = {};                         ///< a mapping of this toll that is there
    std::size_t most_labels = std::numeric_limits<std::size_t>::max();  ///< at a time: then it gives up
    std::function<bool()> stop = {};
  };
  /// The bound that was asked for: that of the best mapping, which is then there, or one that suffices.
  Answer least(const Toll& toll, const Question& question) const;

  /// Before any search: no mapping takes less energy or fewer cycles.
  struct Root {
    double energy_pj = 0.0, cycles = 0.0;
  };
  /// `whole`: a toll that charges no more than any that is asked about later. Once, before other threads ask.
  Root begin(const Toll& whole);
  const MapProblem& problem() const { return *problem_; }
  /// What accesses of a level that no mapping avoids cost at a rung's prices: how much capacities matter to the layer.
  double charge(const LevelToll::Rung& rung, std::size_t level) const;

 private:
  class Sets;
  /// Keep sets, with what none of their mappings undercuts.
  struct Case {
    SearchCase search;
    double energy_pj = 0.0, cycles = 0.0;
  };

  MapRequest request_;
  std::unique_ptr<MapProblem> problem_;
  std::unique_ptr<LoopPlan> plan_;
  std::vector<KeepGroup> groups_;
  bool many_ = false;  ///< keep sets are searched together
  OutermostTables outermost_;
  std::vector<Case> cases_;
};

}  // namespace dovetail
