// The interface of everything that decides what to try next.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/record/trial.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// Suggests points and learns from completed trials.
///
///     designer->suggest(4);        // four points, now pending
///     designer->update(completed); // they are no longer pending; failures included
///     designer->suggest(4);        // four more; never a point that was suggested or told before
///
/// The state is a function of (space, goal, options, seed, the sequence of calls), so replaying the calls
/// rebuilds it. `suggest` may return fewer points than asked, and none when a finite space is exhausted.
/// Trials never asked for may be told at any time. Not thread-safe; owns no threads beyond the call.
class Designer {
 public:
  virtual ~Designer() = default;
  virtual std::string name() const = 0;
  virtual std::vector<Point> suggest(int count) = 0;
  virtual void update(std::span<const Trial> completed) = 0;

  /// Going on with a study without searching it again. What the designer has learned beyond the points it answered and
  /// the trials it was told (fitted parameters, for instance), as a text that `restore` understands; taken after a
  /// `suggest`.
  virtual std::string memory() const { return {}; }
  /// Takes a memory over. The calls before it must have been repeated: `update` by itself, `suggest` by `accept`.
  virtual void restore(const std::string& memory) { (void)memory; }
  /// As if suggest(count) had answered `points`, without a search. False where the designer cannot do without: then
  /// nothing has changed, and `suggest` has to be repeated.
  virtual bool accept(int count, std::span<const Point> points) {
    (void)count, (void)points;
    return false;
  }
};

/// A summand of an objective: a metric that only the numbers first .. first + count - 1 of a point decide.
struct ObjectivePart {
  std::string metric;
  double weight = 1.0;
  int first = 0, count = 0;
};

/// What every designer is made from. `features` (optional) maps a point to the coordinates that surrogates see;
/// `prior_mean` (optional) gives cheap guesses of the logarithms of positive objectives, in their order, that
/// surrogates take as their means (fewer numbers than objectives: of the first ones): once asked, from several threads;
/// `related` holds trials of studies over the same parameters whose objectives and specs behave alike (another layer,
/// another machine), for designers that transfer; `lower_bound` (optional) gives a number below which the objective of
/// a point cannot be, for designers that prove; `admits` (optional) is false for points that break a limit which needs
/// no evaluation: they are not suggested. Where it is given: `draw` finds points that it admits, `moves` are candidates
/// around the best points that only the study knows of (what one of several equal parts has, in the others), `settle`
/// turns a point into the one that stands for all that mean the same. `parts` (optional) says that the only objective
/// is the sum of weight times metric over them, and that each number of a point decides at most one: each can be
/// learned by itself.
struct DesignerContext {
  Space space;
  Goal goal;
  std::uint64_t seed = 0;
  int threads = 1;
  std::function<std::vector<double>(const Point&)> features;
  std::function<std::vector<double>(const Point&)> prior_mean;
  std::map<std::string, std::string> options;  ///< of the designer named, each documented beside it
  std::function<double(const Point&)> lower_bound = {};
  std::function<bool(const Point&)> admits = {};
  std::vector<std::vector<Trial>> related = {};
  std::function<std::optional<Point>(Random&)> draw = {};
  std::function<std::vector<Point>(std::span<const Point> best, Random&)> moves = {};
  std::function<void(Point&)> settle = {};
  std::vector<ObjectivePart> parts = {};
};

/// The designer with this name (random, evolution, bayes, exhaustive); throws std::invalid_argument naming
/// the allowed.
std::unique_ptr<Designer> make_designer(const std::string& name, const DesignerContext& context);

/// All names, in the order in which help prints them.
std::vector<std::string> designer_names();

}  // namespace dovetail
