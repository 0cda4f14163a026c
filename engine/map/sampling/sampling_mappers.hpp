// Mappers that only evaluate: random, hill climbing, simulated annealing, evolution. No bound, no proof.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Independent draws; default budget 100 000 evaluations.
class RandomMapper : public Mapper {
 public:
  std::string name() const override { return "random"; }
  MapResult map(const MapRequest& request) const override;
};

/// First-improvement hill climbing over single changes, restarted from a fresh draw after 300 failures in a row;
/// default budget 20 000 evaluations.
class HillclimbMapper : public Mapper {
 public:
  std::string name() const override { return "hillclimb"; }
  MapResult map(const MapRequest& request) const override;
};

/// Simulated annealing on the logarithm of the objective (Kirkpatrick, Gelatt, Vecchi, Science 1983): geometric
/// cooling from temperature 1 to 1e-4 over the budget (default 20 000 evaluations).
class AnnealingMapper : public Mapper {
 public:
  std::string name() const override { return "annealing"; }
  MapResult map(const MapRequest& request) const override;
};

/// A steady-state genetic algorithm: population 64, parents by tournament of 4, crossover by dimension and level, one
/// to three changes; the child replaces the worst; default budget 20 000 evaluations.
class EvolutionMapper : public Mapper {
 public:
  std::string name() const override { return "evolution"; }
  MapResult map(const MapRequest& request) const override;
};

}  // namespace dovetail
