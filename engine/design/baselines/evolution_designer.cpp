// Evolution over the feasible set: tournaments, uniform crossover, mutation by feasible neighbours.
#include <dovetail/engine/design/baselines/evolution_designer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/points/fresh_points.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t evolution_stream = 0x65766f6c7665;  // "evolve"

// What a trial is ranked by: class first (0 feasible, 1 infeasible, 2 failed), then score, then age.
struct Individual {
  Point point;
  int rank_class = 2;
  double score = 0.0;
  std::vector<double> objectives;  ///< all to be made small
};

class EvolutionDesigner final : public Designer {
 public:
  explicit EvolutionDesigner(const DesignerContext& context)
      : goal_(context.goal),
        seed_(context.seed),
        points_(context.space, context.admits) {
    for (const auto& [name, text] : context.options) {
      try {
        if (name == "population")
          population_ = std::max(2, std::stoi(text));
        else if (name == "tournament")
          tournament_ = std::max(1, std::stoi(text));
        else if (name == "crossover")
          crossover_ = std::stod(text);
        else
          throw std::invalid_argument("");
      } catch (const std::exception&) {
        throw std::invalid_argument(
            fmt::format("evolution: option '{}={}'; known are population, tournament (numbers >= 1) and "
                        "crossover (0 to 1)",
                        name, text));
      }
    }
  }

  std::string name() const override { return "evolution"; }

  std::vector<Point> suggest(int count) override {
    return points_.take(count, [&] {
      Random random(seed_, {evolution_stream, suggested_++});
      return next(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      if (trial.state == TrialState::pending) continue;
      individuals_.push_back(judge(trial));
      ++told_;
    }
    if (goal_.objectives.size() > 1) rank_by_dominance();
    std::stable_sort(individuals_.begin(), individuals_.end(), [](const Individual& a, const Individual& b) {
      return a.rank_class != b.rank_class ? a.rank_class < b.rank_class : a.score < b.score;
    });
    // Parents are the best; of one objective, whose scores stay, the others never come back.
    if (goal_.objectives.size() == 1 && individuals_.size() > static_cast<std::size_t>(population_))
      individuals_.resize(static_cast<std::size_t>(population_));
  }

  std::string memory() const override { return points_.memory(); }
  void restore(const std::string& memory) override { points_.restore(memory); }
  bool accept(int count, std::span<const Point> points) override {
    suggested_ += points_.took(count, points);
    return true;
  }

 private:
  Individual judge(const Trial& trial) const {
    Individual individual{trial.point, 2, 0.0, {}};
    if (trial.state != TrialState::completed) return individual;
    const bool good = feasible(goal_, trial);
    for (const Objective& objective : goal_.objectives) {
      const auto found = trial.metrics.find(objective.metric);
      if (found == trial.metrics.end()) {  // it ended at a broken spec, or failed
        individual.objectives.clear();
        if (!good && std::isfinite(spec_violation(goal_, trial))) break;
        return individual;
      }
      individual.objectives.push_back(objective.minimize ? found->second : -found->second);
    }
    individual.rank_class = good ? 0 : 1;
    individual.score =
        !good ? spec_violation(goal_, trial) : (individual.objectives.empty() ? 0.0 : individual.objectives.front());
    return individual;
  }

  // Score of a feasible individual with several objectives: how many others dominate it.
  void rank_by_dominance() {
    for (Individual& a : individuals_) {
      if (a.rank_class != 0) continue;
      a.score = static_cast<double>(std::count_if(individuals_.begin(), individuals_.end(), [&](const Individual& b) {
        if (b.rank_class != 0 || b.objectives == a.objectives) return false;
        for (std::size_t i = 0; i < a.objectives.size(); ++i) {
          if (b.objectives[i] > a.objectives[i]) return false;
        }
        return true;
      }));
    }
  }

  std::optional<Point> next(Random& random) {
    const std::size_t parents = std::min(individuals_.size(), static_cast<std::size_t>(population_));
    if (told_ < static_cast<std::size_t>(population_) || parents == 0) return points_.draw(random);
    constexpr int attempts = 8;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      Point child = select(random, parents).point;
      if (random.uniform() < crossover_) {
        child = cross(child, select(random, parents).point, random);
        if (!points_.space().contains(child)) continue;
        if (!points_.known(child) && random.below(2) == 0) return child;
      }
      for (const Point& neighbour : points_.space().neighbours(child, random, attempts)) {
        if (!points_.known(neighbour)) return neighbour;
      }
    }
    return points_.draw(random);
  }

  const Individual& select(Random& random, std::size_t parents) const {
    std::size_t best = static_cast<std::size_t>(random.below(parents));
    for (int i = 1; i < tournament_; ++i) best = std::min(best, static_cast<std::size_t>(random.below(parents)));
    return individuals_[best];  // sorted: the smaller index wins
  }

  // Every parameter from one of the two parents.
  Point cross(const Point& a, const Point& b, Random& random) const {
    Point child = a;
    const Space& space = points_.space();
    for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
      if (random.below(2) == 0) continue;
      const auto first = static_cast<std::size_t>(space.offset(p));
      const auto count = static_cast<std::size_t>(width(space.parameters()[static_cast<std::size_t>(p)]));
      for (std::size_t i = first; i < first + count; ++i) child.numbers[i] = b.numbers[i];
    }
    return child;
  }

  Goal goal_;
  std::uint64_t seed_;
  int population_ = 24, tournament_ = 3;
  double crossover_ = 0.5;
  std::uint64_t suggested_ = 0;
  FreshPoints points_;
  std::size_t told_ = 0;
  std::vector<Individual> individuals_;  ///< best first
};

}  // namespace

std::unique_ptr<Designer> make_evolution_designer(const DesignerContext& context) {
  return std::make_unique<EvolutionDesigner>(context);
}

}  // namespace dovetail
