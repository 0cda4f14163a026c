// The bound of a hardware space (see the header).
#include <dovetail/engine/codesign/proof/space_bound.hpp>

#include <algorithm>
#include <map>
#include <vector>

#include <dovetail/engine/codesign/box_search.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_points = std::size_t{1} << 17;
constexpr std::int64_t most_boxes = 10'000;
// Of a bound that nobody asked for: a small share of what the trials took.
constexpr double short_gap = 0.0;
constexpr std::int64_t least_effort = 30'000, effort_per_trial = 8'000, most_effort = 300'000;

bool may_be_settled(const Trial& trial) {
  const Outcome outcome = outcome_of(trial);
  return is_feasible(outcome) || breaks_open_spec(outcome);
}

// What is known of the best and the trials is known of the search.
template <typename Search>
void tell(Search& search, const Codesign& codesign, std::span<const Trial> trials, const DesignPoint& best) {
  search.prove(best.point, best.lower_bound);
  for (const Trial& trial : trials)
    if (trial.point != best.point) search.prove(trial.point, proven_bound(codesign, trial));
}

}  // namespace

bool can_be_listed(const Space& space) {
  if (!space.finite()) return false;
  const std::size_t points = space.enumerate(most_points + 1).size();
  return points > 0 && points <= most_points;
}

double proven_bound(const Codesign& codesign, const Trial& trial) {
  const Outcome outcome = outcome_of(trial);
  if (std::holds_alternative<Failed>(outcome)) {
    const double bound = codesign.bound(trial.point);  // 0: the evaluator is not ours
    if (codesign.terms().fused()) return bound;        // a layer may have been too large for tables
    return codesign.terms().exact() && bound > 0.0 ? infinity : bound;
  }
  const double bound = trial.metrics.at("lower_bound");
  if (breaks_open_spec(outcome)) return std::max(bound, codesign.bound_within(trial.point));
  return std::holds_alternative<Infeasible>(outcome) ? infinity : bound;
}

SpaceBound bound_space(const Codesign& codesign, std::span<const Trial> trials, const DesignPoint& best, bool settle,
                       int threads, const std::function<bool()>& stop, const SpaceSearch& begun) {
  SpaceBound result;
  if (!codesign.points_are_machines() && !can_be_listed(codesign.space())) return result;
  if (begun.proof != nullptr || begun.boxes != nullptr || !can_be_listed(codesign.space())) {
    SpaceProof own_proof(codesign);
    BoxSearch own_boxes(codesign);
    const std::int64_t effort =
        std::clamp(effort_per_trial * static_cast<std::int64_t>(trials.size()), least_effort, most_effort);
    const SpaceProof::Limits limits{short_gap, effort, false, stop, threads, {}, begun.rose};
    SpaceProof* proof = begun.proof;
    if (proof == nullptr && begun.boxes == nullptr && own_proof.known(limits)) proof = &own_proof;
    if (proof != nullptr) {
      tell(*proof, codesign, trials, best);
      if (begun.proof == nullptr) {
        proof->expect(best);
        proof->next(best.objective, limits);
      }
      result.lower_bound = proof->lower_bound(best.objective);
    } else {
      BoxSearch& boxes = begun.boxes != nullptr ? *begun.boxes : own_boxes;
      tell(boxes, codesign, trials, best);
      if (begun.boxes == nullptr) boxes.next(best.objective, {most_boxes, stop, threads});
      result.lower_bound = boxes.lower_bound(best.objective);
    }
    result.proven = result.lower_bound >= best.objective;
    return result;
  }
  const std::vector<Point> points = codesign.space().enumerate(most_points);

  std::map<Point, const Trial*> tried;
  for (const Trial& trial : trials) tried.emplace(trial.point, &trial);
  std::vector<const Trial*> trial_of(points.size(), nullptr);
  std::vector<double> bounds(points.size());
  parallel_for(points.size(), threads, [&](std::size_t i) {
    if (const auto found = tried.find(points[i]); found != tried.end()) trial_of[i] = found->second;
    bounds[i] = points[i] == best.point  ? best.lower_bound
                : trial_of[i] != nullptr ? proven_bound(codesign, *trial_of[i])
                                         : codesign.bound_within(points[i]);
  });
  result.work.points = static_cast<std::int64_t>(points.size());
  for (const Trial* trial : trial_of) {
    if (trial == nullptr)
      ++result.work.untried;
    else if (is_pruned(outcome_of(*trial)))
      ++result.work.cut;
    else
      ++result.work.mapped;
  }

  double objective = best.objective;
  while (settle && !(stop && stop())) {
    const auto least = static_cast<std::size_t>(std::min_element(bounds.begin(), bounds.end()) - bounds.begin());
    if (bounds[least] >= objective || trial_of[least] == nullptr || !may_be_settled(*trial_of[least])) break;
    Codesign::Limits limits;
    limits.threads = threads;
    limits.incumbent = objective;
    limits.stop = stop;
    limits.unseen = true;
    auto design = codesign.evaluate(points[least], Codesign::Dataflow::free, limits);
    if (!design) break;
    ++result.work.settled;
    if (design->excluded) {
      bounds[least] = infinity;
      continue;
    }
    if (design->lower_bound <= bounds[least])
      break;  // nothing more to learn: the objective has no exact network mapper
    bounds[least] = design->lower_bound;
    if (!design->feasible() || design->objective >= objective) continue;
    objective = design->objective;
    result.best = std::move(design);
  }
  const double least = bounds.empty() ? 0.0 : *std::min_element(bounds.begin(), bounds.end());
  result.lower_bound = std::min(least, objective);
  result.proven = !bounds.empty() && least >= objective;
  return result;
}

}  // namespace dovetail
