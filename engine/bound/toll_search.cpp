// A layer's own best machine (see the header).
#include <dovetail/engine/bound/toll_search.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace dovetail {
namespace {

constexpr std::size_t toll_tile_limit = 400'000;
constexpr std::size_t most_groups = 8;  // keep sets that are searched one by one
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
// Labels that runs for a mapping keep of a stage: the fewer the quicker, the more the closer to the best.
constexpr std::size_t widths[] = {128, 512};
// Shares of a bound below which they look, one after the other, and of an expected cost.
constexpr double deepening[] = {1.02, 1.08, 1.15, 1.25, 1.4, 1.6, 1.9, 2.3, 3.0, 6.0, 20.0, 200.0, 1e4};
constexpr double expected_steps[] = {1.01, 1.05, 1.15, 1.4, 2.0, 6.0, 30.0, 1e3};

// Keep sets one by one where they are few, else all together.
std::vector<KeepGroup> keep_groups(const MapRequest& request) {
  const std::vector<KeepChoice> options = keep_choices(request);
  std::vector<KeepGroup> groups(1);
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::vector<unsigned> sets = keep_sets(options[i]);
    if (groups.size() * sets.size() > most_groups) {
      KeepGroup all{};
      std::copy(options.begin(), options.end(), all.begin());
      return {all};
    }
    std::vector<KeepGroup> longer;
    for (const KeepGroup& group : groups) {
      for (const unsigned set : sets) {
        longer.push_back(group);
        longer.back()[i] = {set, 0};
      }
    }
    groups = std::move(longer);
  }
  return groups;
}

}  // namespace

TollSearch::TollSearch(const Layer& layer, const Architecture& machine, const MappingRules& rules, Bypass bypass) {
  request_.layer = layer;
  request_.architecture = machine;
  request_.rules = rules;
  request_.bypass = bypass;
  problem_ = std::make_unique<MapProblem>(request_, toll_tile_limit);
  plan_ = std::make_unique<LoopPlan>(request_.layer, request_.architecture);
  groups_ = keep_groups(request_);
  for (const KeepChoice& choice : groups_.front()) many_ = many_ || choice.optional != 0;
  outermost_ = outermost_tables(*problem_, groups_, true);
  for (const KeepGroup& group : groups_) {
    cases_.emplace_back().search.keep = group;
    cases_.back().search.net = many_;
  }
}

TollSearch::Root TollSearch::begin(const Toll& whole) {
  Root root{infinity, infinity};
  for (Case& own : cases_) {
    own.search.toll = &whole;
    const LabelSearch search(*problem_, *plan_, own.search, outermost_);
    own.search.toll = nullptr;
    own.energy_pj = search.root_energy_pj();
    own.cycles = search.root_cycles() + problem_->extra_cycles;
    root.energy_pj = std::min(root.energy_pj, own.energy_pj);
    root.cycles = std::min(root.cycles, own.cycles);
  }
  return root;
}

double TollSearch::charge(const LevelToll::Rung& rung, std::size_t level) const {
  double energy = 0.0;
  for (std::size_t t = 0; t < problem_->tensors.size(); ++t) {
    const auto kept = [&](std::size_t l) {
      return ((groups_.front()[l].must | groups_.front()[l].optional) >> t & 1U) != 0;
    };
    if (!kept(level)) continue;
    bool innermost = true;
    for (std::size_t l = 0; l < level; ++l) innermost = innermost && !kept(l);
    const double served = innermost ? problem_->macs : problem_->whole_volume(static_cast<int>(t));
    energy += served * (problem_->tensors[t].written() ? rung.update_pj[t] : rung.read_pj[t]);
  }
  return energy;
}

// The searches of all cases below a ceiling, those of the least bounds first.
class TollSearch::Sets {
 public:
  Sets(const TollSearch& own, const Toll& toll, const Question& question) : own_(own), question_(question) {
    searches_.reserve(own.cases_.size());
    for (const Case& part : own.cases_) {
      // What is known of the whole class may rule a case out.
      const double known = part.energy_pj + question.price * part.cycles;
      if (known >= question.enough) {
        root_ = std::min(root_, known);
        continue;
      }
      SearchCase at = part.search;
      at.toll = &toll;
      LabelSearch search(*own.problem_, *own.plan_, at, own.outermost_);
      const double root = std::max(
          known, search.root_energy_pj() + question.price * (search.root_cycles() + own.problem_->extra_cycles));
      root_ = std::min(root_, root);
      if (root < infinity) searches_.push_back({std::move(search), root});
    }
    std::stable_sort(searches_.begin(), searches_.end(), [](const Part& a, const Part& b) { return a.root < b.root; });
  }

  double root() const { return root_; }

  // Whether nothing was left out; `found` is the best mapping so far.
  bool look(double ceiling, std::size_t width, Answer& found) const {
    bool complete = true;
    for (const Part& part : searches_) {
      Cutoff cutoff;
      cutoff.price = question_.price;
      cutoff.objective = std::min(ceiling, found.cost(question_.price));
      if (part.root >= cutoff.objective) continue;
      SearchLimits limits;
      limits.width = width;
      limits.by_volume = width == widths[1];
      limits.labels = question_.most_labels;
      limits.expired = question_.stop;
      const SearchOutcome outcome = part.search.run(cutoff, limits);
      found.labels += static_cast<std::int64_t>(outcome.labels);
      complete = complete && outcome.complete;
      if (!outcome.best) continue;
      found.mapped = true;
      found.energy_pj = outcome.best->energy_pj;
      found.cycles = outcome.best->cycles + own_.problem_->extra_cycles;
      found.need = outcome.need;
    }
    return complete;
  }

  // A mapping that is likely near the best, if one costs less than what suffices.
  void dive(Answer& found) const {
    const bool expected = question_.expected > found.bound;
    const double from = expected ? question_.expected : found.bound;
    for (const double share : expected ? std::span<const double>(expected_steps) : std::span<const double>(deepening)) {
      look(std::min(from * share, question_.enough), widths[0], found);
      if (found.mapped || from * share >= question_.enough) break;
    }
    if (found.mapped) look(infinity, widths[1], found);
  }

 private:
  const TollSearch& own_;
  const Question& question_;
  struct Part {
    LabelSearch search;
    double root = 0.0;
  };
  std::vector<Part> searches_;
  double root_ = infinity;
};

TollSearch::Answer TollSearch::least(const Toll& toll, const Question& question) const {
  const Sets sets(*this, toll, question);
  Answer answer;
  if (question.found) answer = *question.found;
  answer.labels = 0;
  answer.bound = std::max(question.known, sets.root());
  if (answer.bound >= question.enough || !(answer.bound < infinity)) {
    answer.mapped = false;
    return answer;
  }
  // What suffices is below what is expected: nothing is likely to be found there, and all of it must be looked at.
  if (!answer.mapped && !(question.expected > question.enough)) sets.dive(answer);
  const double ceiling = std::min(answer.cost(question.price), question.enough);
  if (!sets.look(ceiling, unlimited, answer)) {
    answer.mapped = false;
    return answer;
  }
  answer.bound = std::max(answer.bound, std::min(answer.cost(question.price), ceiling));
  answer.mapped = answer.cost(question.price) < question.enough;
  return answer;
}

}  // namespace dovetail
