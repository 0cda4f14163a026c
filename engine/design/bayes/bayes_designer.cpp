// Suggest, learn, suggest again.
#include <dovetail/engine/design/bayes/bayes_designer.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include <dovetail/engine/design/bayes/acquisition.hpp>
#include <dovetail/engine/design/bayes/acquisition_search.hpp>
#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/bayes/feasibility_weight.hpp>
#include <dovetail/engine/design/bayes/nearest_outcome.hpp>
#include <dovetail/engine/design/bayes/part_moves.hpp>
#include <dovetail/engine/design/bayes/trust_region.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/engine/design/points/space_filling.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t bayes_stream = 0x6261796573;  // "bayes"
constexpr int patience = 4;                           // outcomes without improvement before suggestions turn local

class BayesDesigner final : public Designer {
 public:
  explicit BayesDesigner(const DesignerContext& context)
      : space_(context.space),
        goal_(context.goal),
        seed_(context.seed),
        threads_(context.threads),
        prior_mean_(context.prior_mean),
        draw_(context.draw),
        moves_(context.moves),
        settle_(context.settle),
        options_(BayesOptions::read(context.options)),
        features_(context.space, context.features),
        points_(context.space, context.admits) {
    for (const Spec& spec : goal_.specs) spec_count_ += (spec.max ? 1 : 0) + (spec.min ? 1 : 0);
    keep_parts(context);
    // What is learned in parts has as many length scales as the largest of them.
    int dimension = features_.dimension();
    if (!parts_.empty()) dimension = largest_part();
    options_ = options_.settled(dimension, features_.only_real(), prior_mean_ != nullptr);
    const bool many = dimension >= BayesOptions::many && !prior_mean_;
    initial_ = options_.initial > 0 ? options_.initial
               : many               ? std::min(dimension, 20)
                                    : std::clamp(3 + 5 * dimension / 4, 4, 20);
    if (prior_mean_ && options_.initial == 0)
      initial_ = std::max(4, initial_ / 3);  // what it guesses need not be tried
    options_.initial = initial_;
    belief_ = std::make_unique<Belief>(features_, options_, static_cast<int>(goal_.objectives.size()), spec_count_,
                                       prior_mean_ != nullptr);
    if (!parts_.empty()) {
      RegressionOptions regression;
      regression.transform = "none";
      regression.exact_size = options_.exact;
      belief_->split(std::make_unique<ObjectiveSum>(space_, features_, parts_, options_.kernel, regression));
    }
    relate(context.related);
    always_region_ = options_.trust == "on" || (options_.trust == "auto" && (many || dimension > 15));
  }

  std::string name() const override { return "bayes"; }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> result;
    bool learned = false;
    for (int i = 0; i < count; ++i) {
      Random random(seed_, {bayes_stream, suggested_});
      std::optional<Point> point;
      near_ = false;
      if (starting()) {
        point = spread(random);
      } else {
        if (!learned) learn();
        learned = true;
        point = promising(random);
        if (!point) point = points_.draw(random);
      }
      if (!point) break;
      wait_for(*point);
      if (learned) belief_->believe(pending_features_.back());
      result.push_back(std::move(*point));
    }
    belief_->forget();
    return result;
  }

  std::string memory() const override {
    nlohmann::json result{{"points", points_.memory()}};
    if (learned_ > 0) result["belief"] = memory_ ? *memory_ : belief_->memory();
    return result.dump();
  }

  void restore(const std::string& memory) override {
    const nlohmann::json parts = nlohmann::json::parse(memory);
    points_.restore(parts.at("points").get<std::string>());
    if (parts.contains("belief")) memory_ = parts["belief"].get<std::string>();
  }

  bool accept(int count, std::span<const Point> points) override {
    bool learned = false;
    for (int i = 0; i < count; ++i) {
      near_ = false;
      if (!starting()) {
        if (!learned) learned_ = observations_.size();
        learned = true;
        near_ = found() && !flat() && stays_near();
      }
      if (static_cast<std::size_t>(i) == points.size()) break;
      wait_for(points[static_cast<std::size_t>(i)]);
    }
    return true;
  }

  void update(std::span<const Trial> completed) override {
    const Rank before = best_rank_;
    int added = 0, local = 0;
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      if (trial.state == TrialState::pending) continue;
      const auto waiting = std::find(pending_.begin(), pending_.end(), trial.point);
      if (waiting != pending_.end()) {
        pending_features_.erase(pending_features_.begin() + (waiting - pending_.begin()));
        pending_.erase(waiting);
      }
      observations_.push_back(observe(trial));
      failures_ += observations_.back().failed ? 1 : 0;
      best_rank_ = std::min(best_rank_, rank(observations_.back()));
      ++added;
      local += local_.erase(trial.point) > 0 ? 1 : 0;
    }
    if (added == 0 || static_cast<int>(observations_.size()) <= initial_) return;
    const bool improved = best_rank_.better_than(before);
    stagnation_ = improved ? 0 : stagnation_ + added;
    const int patient = thin() ? 2 : 4;
    if (local > 0) region_.record(improved, std::max(patient, (features_.dimension() + local - 1) / local));
    if (region_.collapsed()) region_ = TrustRegion{};
  }

 private:
  // The parts of the objective are learned by themselves where every number of a point belongs to one, nothing else is
  // known of the objective, and no sample path of it is asked for.
  void keep_parts(const DesignerContext& context) {
    const bool plain = goal_.objectives.size() == 1 && !prior_mean_ && !context.features && context.related.empty() &&
                       (options_.acquisition == "auto" || options_.acquisition == "ei") && !options_.warp &&
                       (options_.transform == "auto" || options_.transform == "none");
    int numbers = 0;
    for (const ObjectivePart& part : context.parts) numbers += part.count;
    if (plain && context.parts.size() > 1 && numbers == space_.size()) parts_ = context.parts;
    for (ObjectivePart& part : parts_) part.weight *= goal_.objectives.front().minimize ? 1.0 : -1.0;
  }

  int largest_part() const {
    int most = 0;
    for (const ObjectivePart& part : parts_) {
      int count = 0;
      for (std::size_t p = 0; p < space_.parameters().size(); ++p) {
        const int at = space_.offset(static_cast<int>(p));
        count += at >= part.first && at < part.first + part.count ? 1 : 0;
      }
      most = std::max(most, count);
    }
    return most;
  }

  // Studies of related problems: regressions lean on theirs, and their best points are tried first.
  void relate(const std::vector<std::vector<Trial>>& studies) {
    for (const std::vector<Trial>& study : studies) {
      for (const Trial& trial : study)
        if (trial.state != TrialState::pending) observations_.push_back(observe(trial));
      belief_->relate(observations_, threads_);
      for (Point& point : incumbents(1))
        if (space_.contains(point) && std::find(templates_.begin(), templates_.end(), point) == templates_.end())
          templates_.push_back(std::move(point));
      observations_.clear();
    }
    if (!templates_.empty()) initial_ = std::max(initial_ / 2, static_cast<int>(templates_.size()) + 1);
  }

  Observation observe(const Trial& trial) const {
    Observation result;
    result.point = trial.point;
    result.features = features_(trial.point);
    if (prior_mean_) result.priors = prior_mean_(trial.point);
    result.failed = trial.state != TrialState::completed;
    const auto metric = [&](const std::string& name) {
      const auto found = trial.metrics.find(name);
      const double value = found == trial.metrics.end() ? infinity : found->second;
      if (!std::isfinite(value)) result.failed = true;
      return value;
    };
    if (ended_early(trial)) return told_so_far(trial, std::move(result));
    for (const ObjectivePart& part : parts_) result.parts.push_back(part.weight * metric(part.metric));
    for (const Objective& objective : goal_.objectives)
      result.objectives.push_back(metric(objective.metric) * (objective.minimize ? 1.0 : -1.0));
    for (const Spec& spec : goal_.specs) {
      if (spec.max) result.excess.push_back(metric(spec.metric) - *spec.max);
      if (spec.min) result.excess.push_back(*spec.min - metric(spec.metric));
    }
    if (result.failed) result.objectives.clear(), result.excess.clear(), result.parts.clear();
    return result;
  }

  // An evaluation that ended at a broken spec has no objective; its specs are known as far as it came.
  bool ended_early(const Trial& trial) const {
    const bool whole = std::all_of(goal_.objectives.begin(), goal_.objectives.end(), [&](const Objective& objective) {
      return trial.metrics.count(objective.metric) != 0;
    });
    const double violation = spec_violation(goal_, trial);
    return trial.state == TrialState::completed && !whole && violation > 0.0 && std::isfinite(violation);
  }

  Observation told_so_far(const Trial& trial, Observation result) const {
    for (const Spec& spec : goal_.specs) {
      const auto found = trial.metrics.find(spec.metric);
      const double value = found == trial.metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
      if (spec.max) result.excess.push_back(value - *spec.max);
      if (spec.min) result.excess.push_back(*spec.min - value);
    }
    return result;
  }

  // What points are compared by: feasible ones by the first objective, others after them by 1 + their worst excess.
  struct Rank {
    int order = 2;  // feasible, infeasible, nothing
    double value = infinity;
    auto operator<=>(const Rank&) const = default;
    bool better_than(const Rank& other) const {
      if (other.order == 2) return false;
      return order != other.order ? order < other.order : value < other.value - 1e-3 * std::abs(other.value);
    }
  };
  static Rank rank(const Observation& observation) {
    if (observation.failed) return {};
    return observation.feasible() ? Rank{0, observation.objectives.front()} : Rank{1, 1.0 + observation.worst_excess()};
  }

  // The best observations first: feasible by objective, infeasible by excess; failures not at all.
  std::vector<Point> incumbents(std::size_t count) const {
    std::vector<const Observation*> order;
    for (const Observation& observation : observations_)
      if (!observation.failed) order.push_back(&observation);
    std::stable_sort(order.begin(), order.end(), [](const Observation* a, const Observation* b) {
      if (a->feasible() != b->feasible()) return a->feasible();
      return a->feasible() ? a->objectives.front() < b->objectives.front() : a->worst_excess() < b->worst_excess();
    });
    std::vector<Point> result;
    for (const Observation* observation : order)
      if (result.size() < count) result.push_back(observation->point);
    return result;
  }

  // Of several objectives any observation that none dominates is as good as another.
  std::vector<Point> front(std::size_t count, Random& random) const {
    std::vector<const Observation*> feasible, members;
    for (const Observation& observation : observations_)
      if (observation.feasible()) feasible.push_back(&observation);
    for (const Observation* one : feasible) {
      const bool dominated = std::any_of(feasible.begin(), feasible.end(), [&](const Observation* other) {
        return other->objectives != one->objectives && std::equal(other->objectives.begin(), other->objectives.end(),
                                                                  one->objectives.begin(), std::less_equal<>());
      });
      if (!dominated) members.push_back(one);
    }
    std::vector<Point> result;
    while (result.size() < count && !members.empty()) {
      const auto chosen = members.begin() + static_cast<std::ptrdiff_t>(random.below(members.size()));
      result.push_back((*chosen)->point);
      members.erase(chosen);
    }
    return result;
  }

  double distance_to_known(std::span<const double> row) const {
    double nearest = infinity;
    for (const Observation& observation : observations_)
      nearest = std::min(nearest, wrapped_distance(features_, row, observation.features));
    for (const std::vector<double>& other : pending_features_)
      nearest = std::min(nearest, wrapped_distance(features_, row, other));
    return nearest;
  }

  // Whether a row of features is next to a point that was tried (or, less close, one that is pending): another try
  // there would teach nothing.
  bool repeats(std::span<const double> row) const {
    const auto next_to = [&](const std::vector<double>& other, double distance) {
      for (std::size_t j = 0; j < row.size(); ++j)
        if (std::abs(row[j] - other[j]) > distance) return false;
      return true;
    };
    for (const Observation& observation : observations_)
      if (next_to(observation.features, 1e-5)) return true;
    for (const std::vector<double>& other : pending_features_)
      if (next_to(other, 1e-3)) return true;
    return false;
  }

  void strike_repeats(const Matrix& rows, std::vector<double>& scores) const {
    if (features_.reals().empty()) return;
    for (std::size_t i = 0; i < rows.rows; ++i)
      if (repeats(rows.row(i))) scores[i] = -infinity;
  }

  // The templates, the central point, then of a few feasible draws the one farthest from all known points (Mitchell's
  // best candidate).
  std::optional<Point> spread(Random& random) {
    std::optional<Point> best;
    for (const Point& point : templates_)
      if (!points_.known(point)) return point;
    if (options_.central && observations_.size() + pending_.size() == templates_.size())
      best = central_point(features_, points_, random);
    if (best) return best;
    double farthest = -1.0;
    for (int i = 0; i < 24; ++i) {
      const std::optional<Point> point = points_.draw(random);
      if (!point) break;
      const double distance = distance_to_known(features_(*point));
      if (distance > farthest) farthest = distance, best = point;
    }
    return best;
  }

  bool starting() const { return static_cast<int>(observations_.size() + pending_.size()) < initial_; }

  bool found() const {
    return std::any_of(observations_.begin(), observations_.end(),
                       [](const Observation& observation) { return observation.feasible(); });
  }

  // Whether all outcomes are one: there is nothing to learn but where others are. Less than three of them say so only
  // where most trials fail and there is nothing to walk along.
  bool flat() const {
    const Observation* first = nullptr;
    int equal = 0;
    for (const Observation& observation : observations_) {
      if (observation.failed) continue;
      if (first == nullptr) first = &observation;
      if (observation.objectives != first->objectives) return false;
      ++equal;
    }
    return equal >= 3 || (thin() && !film());
  }

  // Among many length scales always, otherwise every second time once nothing improves: global improvement that stays a
  // promise ends in corners, while the neighbourhood of the best point is where small steps still pay. On a film,
  // four times of five.
  bool stays_near() const {
    if (always_region_ || options_.trust == "off") return always_region_;
    return film() ? suggested_ % 5 != 0 : (stagnation_ >= patience || thin()) && suggested_ % 2 == 0;
  }

  // Most of what was tried failed: the feasible part is thinner than what a classifier can draw, but steps from a point
  // that is known to be good, shorter after every failure, stay in it.
  bool thin() const { return 2 * failures_ > observations_.size(); }

  // The same among few real numbers, where steps can be as short as they have to be, and the distances to single
  // outcomes say more than what is learned of all.
  bool film() const { return thin() && !always_region_ && !features_.reals().empty(); }

  // A point is suggested: it is pending until its outcome is told.
  void wait_for(const Point& point) {
    ++suggested_;
    points_.remember(point);
    if (near_) local_.insert(point);
    pending_.push_back(point);
    pending_features_.push_back(features_(point));
  }

  void learn() {
    if (memory_) {
      const auto known = observations_.begin() + static_cast<std::ptrdiff_t>(learned_);
      belief_->recall(*memory_, {observations_.begin(), known}, threads_);
      memory_.reset();
    }
    if (learned_ != observations_.size()) belief_->update(observations_, threads_);
    learned_ = observations_.size();
    for (const std::vector<double>& row : pending_features_) belief_->believe(row);
  }

  Guesses priors(std::span<const Point> points) const {
    if (!prior_mean_ || points.empty()) return {};
    std::vector<std::vector<double>> guesses(points.size());
    guesses.front() = prior_mean_(points.front());  // the first question may teach the prior
    parallel_for(points.size() - 1, threads_, [&](std::size_t i) { guesses[i + 1] = prior_mean_(points[i + 1]); });
    Guesses result(std::min(guesses.front().size(), goal_.objectives.size()));
    for (std::size_t k = 0; k < result.size(); ++k)
      for (const std::vector<double>& guess : guesses) result[k].push_back(guess[k]);
    return result;
  }

  std::optional<Point> promising(Random& random) {
    const bool found = this->found();
    const bool knows = belief_->has_objectives() || (!found && belief_->has_specs());
    if (!knows && !belief_->has_classifier()) return spread(random);
    if (!knows) return novel(random);
    if (found && flat()) return belief_->has_classifier() ? novel(random) : spread(random);

    AcquisitionSearch search;
    search.samples = options_.samples;
    search.starts = options_.starts;
    search.neighbours = options_.neighbours;
    search.gradient = options_.gradient && !prior_mean_ && belief_->has_gradient();
    const std::vector<Point> best = goal_.objectives.size() > 1 && found ? front(4, random) : incumbents(4);
    if (found && stays_near() && !best.empty()) {
      const double wanted = std::min(1.0, 20.0 / static_cast<double>(space_.parameters().size()));
      search.region = SearchRegion{best.front(), region_.length, std::min(wanted, region_.length),
                                   always_region_ || (thin() && !film())};
      if (film()) {
        search.gradient = false;  // distances have none that leads far
        search.starts = (search.starts + 1) / 2;
      } else {
        search.rounds = 4;
      }
      near_ = true;
    }
    AcquisitionProblem problem{
        space_, features_, {},     {}, [this](const Point& point) { return !points_.known(point); },
        draw_,  moves_,    settle_};
    if (found && !parts_.empty())
      problem.moves = [this](std::span<const Point> incumbents, Random& stream) {
        return part_moves(incumbents, stream);
      };
    const bool any = near_ && thin();  // what was learned of failures is too blunt to exclude any of the neighbourhood
    const double threshold = options_.threshold > 0.0 && !any ? std::log(options_.threshold) : -infinity;

    if (!found) {
      // Probability alone favours what is unknown; the least violation alone ends at the first obstacle.
      const bool violation = options_.violation && belief_->has_specs() && suggested_ % 3 != 0;
      problem.score = [&, violation](std::span<const Point> points, const Matrix& rows) {
        std::vector<double> scores;
        if (violation) {
          scores = belief_->expected_violation(rows);
          for (double& score : scores) score = -score;
        } else {
          scores = belief_->predict(rows, priors(points)).log_feasible;
        }
        strike_repeats(rows, scores);
        return scores;
      };
      if (violation) return maximise_acquisition(problem, best, search, random);
      problem.gradient = [&](std::span<const double> row, std::span<double> gradient) {
        const OutlookGradient at = belief_->predict_gradient(row);
        std::copy(at.feasible_gradient.begin(), at.feasible_gradient.end(), gradient.begin());
        return at.log_feasible;
      };
      return maximise_acquisition(problem, best, search, random);
    }

    const bool sampled = samples_paths();
    Promise promise(*belief_, options_, observations_, sampled, random);
    problem.score = [&](std::span<const Point> points, const Matrix& rows) {
      std::vector<double> scores = promise.scores(rows, priors(points), threshold,
                                                  near_ && film() ? log_success_nearby(rows) : std::vector<double>());
      strike_repeats(rows, scores);
      return scores;
    };
    if (goal_.objectives.size() == 1 && !sampled && options_.acquisition != "lcb") {
      problem.gradient = [&](std::span<const double> row, std::span<double> gradient) {
        const OutlookGradient at = belief_->predict_gradient(row);
        const PredictionGradient& objective = at.objectives.front();
        const ImprovementGradient slope =
            log_expected_improvement_gradient(objective.mean, objective.variance, promise.incumbent());
        for (std::size_t j = 0; j < gradient.size(); ++j)
          gradient[j] = slope.by_mean * objective.mean_gradient[j] +
                        slope.by_variance * objective.variance_gradient[j] + at.feasible_gradient[j];
        return weigh_by_feasibility(slope.value, at.log_feasible, at.log_success, threshold);
      };
    }
    return maximise_acquisition(problem, best, search, random);
  }

  // Of a point beside known ones, where most of what was tried failed.
  std::vector<double> log_success_nearby(const Matrix& rows) const {
    NearestOutcome nearest;
    for (const Observation& observation : observations_) nearest.add(observation.features, observation.feasible());
    for (const std::vector<double>& features : pending_features_) nearest.add(features, false);
    std::vector<double> result;
    for (std::size_t i = 0; i < rows.rows; ++i) result.push_back(nearest.log_success(rows.row(i)));
    return result;
  }

  // Besides what the study knows.
  std::vector<Point> part_moves(std::span<const Point> best, Random& random) const {
    std::vector<Point> result = moves_ ? moves_(best, random) : std::vector<Point>(), pool;
    for (const Observation& observation : observations_)
      if (observation.feasible()) pool.push_back(observation.point);
    std::vector<Point> joined =
        joined_parts(space_, features_, *belief_, parts_, std::move(pool), best.front(), random);
    result.insert(result.end(), std::make_move_iterator(joined.begin()), std::make_move_iterator(joined.end()));
    return result;
  }

  // Whether this suggestion maximises a sample path.
  bool samples_paths() const {
    if (goal_.objectives.size() != 1) return false;
    return options_.acquisition == "thompson" || (options_.acquisition == "mixed" && suggested_ % 2 == 1);
  }

  // Nothing is known of the objective but that it is level, or of anything but failures: of some feasible draws, the
  // probably feasible and novel, and every second time the central.
  std::optional<Point> novel(Random& random) {
    std::vector<Point> pool;
    for (int i = 0; i < 64; ++i)
      if (const std::optional<Point> point = points_.draw(random)) pool.push_back(*point);
    if (pool.empty()) return std::nullopt;
    const Matrix rows = features_.matrix(pool);
    const std::vector<double> log_feasible = belief_->predict(rows, {}).log_feasible;
    // Where all failed a classifier only says that what is far from all of it, at the borders, is least known.
    const bool nothing = failures_ == observations_.size();
    std::size_t best = 0;
    double largest = -infinity;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      double value = (nothing ? 0.0 : log_feasible[i]) + std::log(distance_to_known(rows.row(i)) + 1e-9);
      if (options_.central && suggested_ % 2 == 0) value -= 2.0 * eccentricity(features_, rows.row(i));
      if (value > largest) largest = value, best = i;
    }
    return pool[best];
  }

  Space space_;
  Goal goal_;
  std::uint64_t seed_;
  int threads_;
  std::function<std::vector<double>(const Point&)> prior_mean_;
  std::function<std::optional<Point>(Random&)> draw_;
  std::function<std::vector<Point>(std::span<const Point>, Random&)> moves_;
  std::function<void(Point&)> settle_;
  BayesOptions options_;
  PointFeatures features_;
  FreshPoints points_;
  std::vector<ObjectivePart> parts_;  // to be made small; empty: the objective is learned as it is
  std::unique_ptr<Belief> belief_;
  std::vector<Observation> observations_;
  Rank best_rank_;                // of all observations
  std::vector<Point> templates_;  // the best of related studies
  std::vector<Point> pending_;
  std::vector<std::vector<double>> pending_features_;
  TrustRegion region_;
  int spec_count_ = 0, initial_ = 4;
  bool always_region_ = false, near_ = false;  // the suggestion in work is confined to the region
  std::set<Point> local_;                      // pending points that were
  std::size_t failures_ = 0;
  int stagnation_ = 0;  // outcomes since the last improvement
  std::uint64_t suggested_ = 0;
  std::size_t learned_ = 0;            // observations that the beliefs were last updated with
  std::optional<std::string> memory_;  // of beliefs that are still to be recalled
};

}  // namespace

std::unique_ptr<Designer> make_bayes_designer(const DesignerContext& context) {
  return std::make_unique<BayesDesigner>(context);
}

}  // namespace dovetail
