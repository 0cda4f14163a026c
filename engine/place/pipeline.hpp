// A chain of layers cut into consecutive stages, a board each: exact by dynamic programming over boards and cuts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dovetail {

/// A board that may carry one stage, built to one of its designs.
struct PipelineBoard {
  std::string type;
  double static_mw = 0.0;                   ///< while it is on
  double dynamic_mw = 0.0;                  ///< more, while it works
  std::vector<std::vector<double>> cycles;  ///< [design][layer]; infinite where the design cannot run the layer
};

/// Layers in the order in which they are cut, boards each of which carries at most one stage.
struct PipelineProblem {
  std::size_t layers = 0;
  std::vector<PipelineBoard> boards;
  std::vector<double> transfer_cycles;                     ///< of a layer's output to another board
  std::vector<std::pair<std::size_t, std::size_t>> edges;  ///< (from, to), from < to; empty: a chain
  std::size_t most_boards = 0;                             ///< that a plan uses; 0: all
};

struct PipelineStage {
  std::size_t board = 0, design = 0;
  std::size_t first = 0, end = 0;  ///< layers first .. end - 1
  double cycles = 0.0;
};
using PipelinePlan = std::vector<PipelineStage>;

/// What is best while no stage takes longer than a bound; none when no plan keeps it.
struct BoundedPipeline {
  double period_at_most = 0.0;
  std::optional<double> least_energy;  ///< mW x cycles of a frame
  PipelinePlan energy_plan;
  std::optional<double> most_utilisation;  ///< mean over the used boards of stage / bound
  PipelinePlan utilisation_plan;
};

/// A stage takes the longest of its computation under its best design, the transfers into it and those out of it. The
/// period is the longest stage. The energy of a frame is the sum over used boards of static power x period + dynamic
/// power x stage. Equal boards are interchangeable, which keeps the number of sets of used boards small.
class Pipelines {
 public:
  explicit Pipelines(PipelineProblem problem);

  /// Sets of used boards x layers: the size of a table.
  static double states(const PipelineProblem& problem);

  std::optional<double> least_period() const { return least_period_; }  ///< none when some layer runs nowhere
  std::size_t fewest_boards() const { return period_plan_.size(); }     ///< of the plans with the least period
  const PipelinePlan& period_plan() const { return period_plan_; }
  BoundedPipeline within(double period_at_most) const;

 private:
  struct Cell {
    double value = 0.0;
    std::size_t from = 0, kind = 0;
  };
  struct Cost {
    double cycles = 0.0;
    std::size_t design = 0;
  };
  const Cost& cost(std::size_t kind, std::size_t first, std::size_t end) const;
  /// The table of the best value for each set of used boards and number of layers done: `join` adds a stage to a value.
  template <class Join, class Better>
  std::vector<Cell> table(double worst, double start, double bound, Join join, Better better) const;
  PipelinePlan plan(const std::vector<Cell>& cells, std::size_t set) const;
  std::size_t boards_in(std::size_t set) const;
  std::pair<double, PipelinePlan> least_energy_at(double priced_period, double bound, bool want_plan) const;
  void find_costs();
  void find_least_period();

  PipelineProblem problem_;
  std::vector<std::vector<std::size_t>> kinds_;  ///< equal boards
  std::vector<std::size_t> radix_;               ///< weight of a kind in the number of a set
  std::size_t sets_ = 1;
  std::vector<Cost> costs_;
  std::vector<double> periods_;  ///< all stage lengths, ascending
  std::optional<double> least_period_;
  PipelinePlan period_plan_;
};

}  // namespace dovetail
