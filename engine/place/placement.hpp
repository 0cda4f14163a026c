// Layers of networks on several machines: where each runs and when, for every trade-off of makespan and energy.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace dovetail {

/// A layer with its price on every machine; infinite cycles where a machine cannot run it.
struct PlacementLayer {
  std::string name;
  std::int64_t network = 0;
  std::vector<double> cycles, energy;                         ///< one per machine
  double transfer = 0.0;                                      ///< cycles until its result is at another machine
  double release = 0.0;                                       ///< cycle before which it does not start
  double deadline = std::numeric_limits<double>::infinity();  ///< cycle by which it has ended
};

/// Every machine runs one layer at a time, without preemption. A layer starts when everything that it reads has ended,
/// and has been transferred where that ran elsewhere.
struct PlacementProblem {
  std::size_t machines = 0;
  std::vector<PlacementLayer> layers;
  std::vector<std::pair<std::size_t, std::size_t>> edges;  ///< [before, after], without cycles
};

struct PlacedLayer {
  std::size_t layer = 0, machine = 0;
  double start = 0.0, end = 0.0;
};

struct Schedule {
  double makespan = 0.0, energy = 0.0;
  std::vector<PlacedLayer> layers;  ///< by layer
};

/// What no schedule beats.
class PlacementBounds {
 public:
  explicit PlacementBounds(const PlacementProblem& problem);

  double makespan() const { return makespan_; }
  double energy() const { return energy_; }
  double edp() const { return edp_; }
  /// Energy of schedules that end by then; infinite when none can.
  double energy_within(double makespan) const;

  const char* makespan_reason() const { return makespan_reason_; }  ///< critical path, machine load, or both
  /// Prices of a machine's cycles that gave good bounds on energy, and shares of machines that gave the bound of their
  /// load.
  const std::vector<std::vector<double>>& prices() const { return prices_; }
  const std::vector<double>& shares() const { return shares_; }

 private:
  std::pair<double, double> least_product() const;  ///< bound of makespan x energy, and the makespan where it is
  double makespan_ = 0.0, energy_ = 0.0, edp_ = 0.0;
  const char* makespan_reason_ = "critical path";
  std::vector<std::vector<double>> prices_;
  std::vector<std::pair<double, double>> lines_;  ///< (value, slope): energy >= value - slope x makespan
  std::vector<double> shares_;
};

struct PlacementOptions {
  std::size_t labels = 2'000'000;        ///< partial schedules that the proof may keep
  std::size_t comparisons = 80'000'000;  ///< of two of them; beyond either, schedules are good and only bounds proven
  std::size_t beam = 400;                ///< partial schedules kept per number of layers, while looking for good ones
  /// Of the search over the machines of single layers, where the front is not proven: one per so many `labels`.
  static constexpr std::size_t labels_per_node = 200;
};

struct PlacementResult {
  std::vector<Schedule> front;  ///< non-dominated, ascending makespan; empty when nothing meets the deadlines
  bool exact = false;           ///< the front is the front
  std::size_t labels = 0;       ///< partial schedules that were kept
  double edp_bound = 0.0;       ///< no schedule has a smaller makespan x energy
};

/// Labels, one per partial schedule: energy so far, when each machine is free, when the results that are still needed
/// are at each machine. Layers are added in the order of their starts. A label goes when another with the same layers
/// done is no worse in everything, or when bounds (critical path, machine load, Lagrangian relaxations that price
/// cycles in energy) show that it only leads to schedules that known ones dominate.
PlacementResult place(const PlacementProblem& problem, const PlacementOptions& options = {});

/// A text of at most `width` columns: a row per machine, a letter per network, dots where it idles.
std::string gantt(const PlacementProblem& problem, const Schedule& schedule, const std::vector<std::string>& machines,
                  std::size_t width = 72);

/// Empty when the schedule keeps every rule of the problem and its sums are right; otherwise what is wrong.
std::string check(const PlacementProblem& problem, const Schedule& schedule);

}  // namespace dovetail
