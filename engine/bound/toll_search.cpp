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
constexpr std::size_t narrow = 128;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// Shares below which a search looks, one after the other: of what is known, where the answer is little more; of a hint; of
// a bound.
constexpr double near_steps[] = {1.003, 1.012, 1.04, 1.1, 1.3, 2.0, 6.0, 30.0, 1e3};
constexpr double hint_steps[] = {1.002, 1.02, 1.05, 1.1, 1.25, 1.6, 2.5, 6.0, 30.0, 1e3};
constexpr double deepening[] = {1.02, 1.08, 1.15, 1.25, 1.4, 1.6, 1.9, 2.3, 3.0, 6.0, 20.0, 200.0};

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
}

std::vector<SearchCase> TollSearch::cases(const Toll& toll) const {
  std::vector<SearchCase> all;
  for (const KeepGroup& group : groups_) {
    SearchCase own;
    own.keep = group;
    own.net = many_;
    own.toll = &toll;
    all.push_back(own);
  }
  return all;
}

TollSearch::Root TollSearch::root(const Toll& toll) const {
  Root root{infinity, infinity};
  for (const SearchCase& own : cases(toll)) {
    const LabelSearch search(*problem_, *plan_, own, outermost_);
    root.energy_pj = std::min(root.energy_pj, search.root_energy_pj());
    root.cycles = std::min(root.cycles, search.root_cycles() + problem_->extra_cycles);
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

TollSearch::Answer TollSearch::least(const Toll& toll, const Question& question) const {
  Answer answer;
  std::vector<LabelSearch> searches;
  const std::vector<SearchCase> parts = cases(toll);
  searches.reserve(parts.size());
  double root = infinity;
  for (const SearchCase& own : parts) {
    searches.emplace_back(*problem_, *plan_, own, outermost_);
    root = std::min(root, searches.back().root_energy_pj() +
                              question.price * (searches.back().root_cycles() + problem_->extra_cycles));
  }
  answer.bound = std::max(question.known, root);
  if (!(root < infinity)) {
    answer.bound = infinity;
    return answer;
  }
  // All keep sets below a ceiling: whether something was found, and whether nothing was left out.
  const auto look = [&](double ceiling, std::size_t width) {
    bool complete = true;
    for (const LabelSearch& search : searches) {
      Cutoff cutoff;
      cutoff.price = question.price;
      cutoff.objective = answer.mapped ? std::min(ceiling, answer.energy_pj + question.price * answer.cycles) : ceiling;
      SearchLimits limits;
      limits.width = width;
      limits.labels = question.most_labels;
      limits.expired = question.stop;
      const SearchOutcome outcome = search.run(cutoff, limits);
      answer.labels += static_cast<std::int64_t>(outcome.labels);
      complete = complete && outcome.complete;
      if (!outcome.best) continue;
      answer.mapped = true;
      answer.energy_pj = outcome.best->energy_pj;
      answer.cycles = outcome.best->cycles + problem_->extra_cycles;
      answer.need = outcome.need;
    }
    return complete;
  };
  // The whole search below a ceiling; false: there is no more to do.
  const auto rise = [&](double ceiling) {
    ceiling = std::min(ceiling, question.enough);
    if (ceiling <= answer.bound) return answer.bound < question.enough;
    if (!look(ceiling, unlimited)) {
      answer.mapped = false;
      return false;
    }
    const double cost = answer.mapped ? answer.energy_pj + question.price * answer.cycles : infinity;
    answer.bound = std::max(answer.bound, std::min(ceiling, cost));
    return !answer.mapped && answer.bound < question.enough;
  };
  if (answer.bound >= question.enough) return answer;
  if (question.hint > 0.0 || question.near) {
    const double from = question.near ? answer.bound : question.hint;
    for (const double share : question.near ? std::span<const double>(near_steps) : std::span<const double>(hint_steps))
      if (!rise(from * share)) return answer;
  } else {
    // Narrow runs for a mapping, whose cost is then the ceiling of the whole search.
    const double from = answer.bound;
    for (const double share : deepening) {
      look(from * share, narrow);
      if (answer.mapped || from * share > question.enough) break;
    }
    if (answer.mapped) {
      const double ceiling = answer.energy_pj + question.price * answer.cycles;
      if (!look(std::min(ceiling, question.enough), unlimited)) {
        answer.mapped = false;
        return answer;
      }
      answer.mapped = answer.energy_pj + question.price * answer.cycles < question.enough;
      answer.bound = std::max(answer.bound, std::min(answer.energy_pj + question.price * answer.cycles, question.enough));
      return answer;
    }
  }
  rise(infinity);
  return answer;
}

}  // namespace dovetail
