// What a test problem is, and a run of a designer on it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace problems {

using namespace dovetail;
using Numbers = std::vector<double>;

/// What the optimizer learns about constraints: their values, one bit, or everything (declared in the space).
enum class Mode { values, passfail, known, partly };

struct Outcome {
  double objective = 0.0;
  Numbers excess;  ///< feasible when all are <= 0
  bool feasible() const {
    return std::all_of(excess.begin(), excess.end(), [](double e) { return e <= 0.0; });
  }
};

struct Problem {
  std::string name;
  std::vector<Parameter> parameters;
  std::function<Outcome(const Numbers&)> evaluate;  ///< values of the parameters; categories by index
  double best_known = 0.0;
  Mode mode = Mode::values;                  ///< the natural one
  std::vector<std::string> known;            ///< constraints as expressions, for Mode::known
  std::size_t partly_known = 0;              ///< how many of them Mode::partly declares
  std::vector<int> budgets = {20, 50, 100};  ///< evaluations at which figures are printed
  int batch = 1;                             ///< suggestions at once, as the recorded peers'
};

inline Parameter real(std::string name, double low, double high) {
  return {std::move(name), RealRange{low, high, false}};
}
inline Parameter integer(std::string name, std::int64_t low, std::int64_t high) {
  return {std::move(name), IntegerRange{low, high, 1, false}};
}
inline Parameter ordinal(std::string name, Numbers values) {
  return {std::move(name), OrdinalValues{std::move(values)}};
}
inline Parameter category(std::string name, int count) {
  CategoricalValues values;
  for (int i = 0; i < count; ++i) values.values.push_back("c" + std::to_string(i));
  return {std::move(name), std::move(values)};
}
inline std::vector<Parameter> reals(int count, double low, double high) {
  std::vector<Parameter> result;
  for (int i = 1; i <= count; ++i) result.push_back(real("x" + std::to_string(i), low, high));
  return result;
}

/// The numbers that `evaluate` takes: values, and the index of a category.
inline Numbers numbers(const Space& space, const Point& point) {
  Numbers result;
  for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
    const bool choice =
        std::holds_alternative<CategoricalValues>(space.parameters()[static_cast<std::size_t>(p)].domain);
    result.push_back(choice ? point.numbers[static_cast<std::size_t>(space.offset(p))] : space.number(point, p));
  }
  return result;
}

inline Space make_space(const Problem& problem, Mode mode) {
  std::vector<Constraint> constraints;
  if (mode == Mode::known || mode == Mode::partly) {
    const std::size_t count = mode == Mode::known ? problem.known.size() : problem.partly_known;
    for (std::size_t i = 0; i < count; ++i)
      constraints.push_back(make_constraint(problem.known[i], problem.parameters));
  }
  return Space(problem.parameters, std::move(constraints));
}

inline Goal make_goal(const Problem& problem, Mode mode, std::size_t constraints) {
  Goal goal;
  goal.objectives.push_back({"f", true});
  (void)problem;
  if (mode == Mode::values)
    for (std::size_t i = 0; i < constraints; ++i) goal.specs.push_back({"g" + std::to_string(i), 0.0, std::nullopt});
  return goal;
}

/// The trial that a study with this much information would see.
inline Trial make_trial(std::int64_t id, const Point& point, const Outcome& outcome, Mode mode) {
  Trial trial{id, point, TrialState::completed, {}, {}};
  if (mode != Mode::values && !outcome.feasible()) {
    trial.state = TrialState::failed;
    trial.reason = "infeasible";
    return trial;
  }
  trial.metrics["f"] = outcome.objective;
  if (mode == Mode::values)
    for (std::size_t i = 0; i < outcome.excess.size(); ++i) trial.metrics["g" + std::to_string(i)] = outcome.excess[i];
  return trial;
}

/// Best feasible objective after each evaluation (infinite before the first).
inline Numbers run(const Problem& problem, Mode mode, const std::string& designer_name,
                   const std::map<std::string, std::string>& options, std::uint64_t seed, int evaluations,
                   int batch = 1, int* first_feasible = nullptr, const std::vector<std::vector<Trial>>& related = {}) {
  const Space space = make_space(problem, mode);
  Random random(seed, {1});
  const std::size_t constraints = problem.evaluate(numbers(space, *space.sample(random))).excess.size();
  DesignerContext context{space, make_goal(problem, mode, constraints), seed, 1, {}, {}, options};
  context.related = related;
  const std::unique_ptr<Designer> designer = make_designer(designer_name, context);
  Numbers curve;
  double best = std::numeric_limits<double>::infinity();
  if (first_feasible) *first_feasible = evaluations + 1;
  while (static_cast<int>(curve.size()) < evaluations) {
    const std::vector<Point> points = designer->suggest(std::min(batch, evaluations - static_cast<int>(curve.size())));
    if (points.empty()) break;
    std::vector<Trial> trials;
    for (const Point& point : points) {
      const Outcome outcome = problem.evaluate(numbers(space, point));
      trials.push_back(make_trial(static_cast<std::int64_t>(curve.size()), point, outcome, mode));
      if (outcome.feasible()) {
        if (first_feasible && !std::isfinite(best)) *first_feasible = static_cast<int>(curve.size()) + 1;
        best = std::min(best, outcome.objective);
      }
      curve.push_back(best);
    }
    designer->update(trials);
  }
  while (static_cast<int>(curve.size()) < evaluations) curve.push_back(best);
  return curve;
}

}  // namespace problems
