// Deepening over keep sets, fronts and prices (see the header).
#include <dovetail/engine/map/exact/exact_search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t tile_limit = 400'000;   // tables of a few hundred bytes per tile
constexpr std::size_t alone_tiles = 100'000;  // keep sets times tiles that are searched one by one
constexpr std::size_t kept_tables = 64;       // cases whose tables are kept between runs
constexpr std::size_t narrow = 128;           // labels per stage of the first runs,
constexpr std::size_t wide = 512;             // of one for a good incumbent,
constexpr std::size_t broad = 4096;           // and of those before the last
constexpr double case_entries = 4e7;          // pairs of keep sets, tiles and cases that are priced
constexpr std::size_t together = 4;           // keep sets that start from the same incumbent
constexpr std::size_t first_labels = 30'000;  // per stage of a first try at the proof,
constexpr std::size_t direct = 50'000;        // and of the next ones
constexpr double default_memory_mb = 4096.0;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

constexpr double close = 2.0;  // of a bound: a proof is due

// Shares of the bound within which first runs look for an incumbent.
constexpr double deepening[] = {1.02, 1.08, 1.15, 1.25, 1.4, 1.6, 1.9, 2.3, 3.0, 6.0, 20.0, 200.0, infinity};

}  // namespace

ExactSearch::ExactSearch(const MapRequest& request, std::size_t alone) : request_(request) {
  problem_ = std::make_unique<MapProblem>(request_, tile_limit);
  if (const Homes homes = homes_of(request_.rules); any(homes)) {
    problem_->restore = [homes](const PackedMapping& mapping) {
      PackedMapping settled = mapping;
      settle(settled, homes);
      return settled;
    };
  }
  plan_ = std::make_unique<LoopPlan>(request_.layer, request_.architecture);
  prepare(alone);
}

ExactSearch::ExactSearch(const StackedMachine& stacked, const MapRequest& request, std::size_t alone)
    : request_(stacked.request) {
  problem_ = std::make_unique<MapProblem>(request_, tile_limit, stacked.memory);
  problem_->restore = [stacked](const PackedMapping& mapping) { return stacked.restore(mapping); };
  plan_ = std::make_unique<LoopPlan>(request.layer, request.architecture);
  prepare(alone);
}

void ExactSearch::prepare(std::size_t alone) {
  if (alone == few_alone) alone = std::max(alone, alone_tiles / problem_->lattice.size());
  const std::vector<KeepGroup> groups = keep_groups(alone);
  for (const KeepChoice& choice : groups.front()) grouped_ = grouped_ || choice.optional != 0;
  many_ = grouped_ || groups.size() >= few_alone;
  outermost_ = outermost_tables(*problem_, groups);
  choices_.resize(groups.size());
  parallel_for(groups.size(), request_.threads, [&](std::size_t n) {
    choices_[n].own.keep = groups[n];
    choices_[n].own.net = grouped_;
    bound(choices_[n]);
  });
  std::stable_sort(choices_.begin(), choices_.end(),
                   [](const Choice& a, const Choice& b) { return a.bound < b.bound; });
  root_bound_ = choices_.empty() ? infinity : choices_.front().bound;
  root_energy_ = root_cycles_ = infinity;
  for (const Choice& choice : choices_) {
    root_energy_ = std::min(root_energy_, choice.energy);
    root_cycles_ = std::min(root_cycles_, choice.cycles + problem_->extra_cycles);
  }
  list_bounds();
}

// Few keep sets are searched one by one; many as one group, which decides level by level.
std::vector<KeepGroup> ExactSearch::keep_groups(std::size_t alone) const {
  auto options = keep_choices(request_);
  for (std::size_t i = 0; i + 1 < options.size(); ++i) {
    for (unsigned t = 0; t < problem_->tensors.size(); ++t) {
      // What not even a tile of one element fits is no option.
      const int level = static_cast<int>(i);
      if (problem_->words(level, options[i].must | 1U << t, 0) > problem_->level[i].capacity)
        options[i].optional &= ~(1U << t);
    }
  }
  std::vector<KeepGroup> groups(1);
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (groups.size() > alone / keep_sets(options[i]).size()) {
      KeepGroup all{};
      std::copy(options.begin(), options.end(), all.begin());
      return {all};
    }
    std::vector<KeepGroup> longer;
    for (const KeepGroup& group : groups) {
      for (const unsigned set : keep_sets(options[i])) {
        longer.push_back(group);
        longer.back()[i] = {set, 0};
      }
    }
    groups = std::move(longer);
  }
  return groups;
}

// Its bound stays what it is when there is no time.
void ExactSearch::bound(Choice& choice) {
  if (expired()) return;
  const LabelSearch& own = search(choice);
  choice.bound = std::max(choice.bound, own.root_bound());
  choice.energy = std::max(choice.energy, own.root_energy_pj());
  choice.cycles = std::max(choice.cycles, own.root_cycles());
  if (!(choice.bound < infinity)) choice.search.reset();
}

// Entries that the tables of a case price: pairs of keep sets of neighbouring levels, for every tile.
double ExactSearch::entries(const SearchCase& own) const {
  double pairs = 0.0;
  for (std::size_t i = 0; i + 1 < problem_->level.size(); ++i)
    pairs += static_cast<double>(keep_sets(own.keep[i]).size() * keep_sets(own.keep[i + 1]).size());
  return pairs * static_cast<double>(problem_->lattice.size());
}

// Two cases that together cover one: first the tensor that may share most, while that is more than an even part of all
// fan-outs; then what the levels store, from the inside out. None when the case is as small as it gets.
std::optional<std::array<ExactSearch::Choice, 2>> ExactSearch::cut(const Choice& from) const {
  std::array<Choice, 2> parts;
  for (Choice& part : parts) {
    part.own = from.own;
    part.members = from.members;
    part.bound = from.bound;
    part.energy = from.energy;
    part.cycles = from.cycles;
  }
  Multicast low, high;
  low.fill(infinity);
  high.fill(0.0);
  for (const Multicast& one : from.members) {
    for (std::size_t t = 0; t < one.size(); ++t) {
      low[t] = std::min(low[t], one[t]);
      high[t] = std::max(high[t], one[t]);
    }
  }
  const auto widest = static_cast<std::size_t>(std::max_element(high.begin(), high.end()) - high.begin());
  double fans = 1.0;
  for (const MapLevel& level : problem_->level) fans *= static_cast<double>(level.fan_x * level.fan_y);
  if (high[widest] > std::sqrt(fans) && low[widest] < high[widest]) {
    const double middle = std::sqrt(std::max(1.0, low[widest]) * high[widest]);
    for (Choice& part : parts) part.members.clear();
    for (const Multicast& one : from.members) parts[one[widest] > middle ? 1 : 0].members.push_back(one);
    if (!parts[0].members.empty() && !parts[1].members.empty()) {
      for (Choice& part : parts) {
        part.own.multicast.fill(1.0);
        for (const Multicast& one : part.members) {
          for (std::size_t t = 0; t < one.size(); ++t) part.own.multicast[t] = std::max(part.own.multicast[t], one[t]);
        }
      }
      return parts;
    }
    for (Choice& part : parts) part.members = from.members;
  }
  for (std::size_t i = 0; i < problem_->level.size(); ++i) {
    const unsigned optional = from.own.keep[i].optional;
    if (optional == 0) continue;
    const unsigned bit = optional & (~optional + 1U);
    for (Choice& part : parts) part.own.keep[i].optional &= ~bit;
    parts[0].own.keep[i].must |= bit;
    return parts;
  }
  return std::nullopt;
}

// Cuts the case with the least bound in two, again and again, until it is as good as what is known, or too much is
// priced.
void ExactSearch::split() {
  if (choices_.size() != 1 || problem_->links) return;
  choices_.front().members = multicasts(*problem_);
  std::vector<char> small(1, 0);
  const double worth = case_entries * std::min(1.0, request_.memory_mb.value_or(default_memory_mb) / default_memory_mb);
  double priced = 0.0;
  while (priced < worth && !expired()) {
    std::size_t least = choices_.size();
    for (std::size_t n = 0; n < choices_.size(); ++n) {
      if (small[n] == 0 && (least == choices_.size() || choices_[n].bound < choices_[least].bound)) least = n;
    }
    if (least == choices_.size() || choices_[least].bound >= main_.best->objective) break;
    auto parts = cut(choices_[least]);
    if (!parts) {
      small[least] = 1;
      continue;
    }
    for (Choice& part : *parts) {
      bound(part);
      part.search.reset();
      priced += entries(part.own);
    }
    choices_[least] = std::move((*parts)[0]);
    choices_.push_back(std::move((*parts)[1]));
    small.push_back(0);
  }
  std::stable_sort(choices_.begin(), choices_.end(),
                   [](const Choice& a, const Choice& b) { return a.bound < b.bound; });
  root_bound_ = std::max(root_bound_, choices_.front().bound);
  list_bounds();
}

void ExactSearch::list_bounds() {
  main_.bounds.clear();
  for (const Choice& choice : choices_) main_.bounds.push_back(choice.bound);
  main_.done.assign(choices_.size(), 0);
}

LabelSearch& ExactSearch::search(Choice& choice) {
  if (!choice.search) choice.search = std::make_unique<LabelSearch>(*problem_, *plan_, choice.own, outermost_);
  return *choice.search;
}

double ExactSearch::root_bound() const {
  return root_bound_;
}

double ExactSearch::lower_bound() const {
  return main_.lower_bound();
}

SearchLimits ExactSearch::limits(std::size_t width) const {
  SearchLimits limits;
  limits.width = width;
  limits.tolerated = width == broad ? 4 * broad : 0;
  limits.by_volume = width > narrow;
  limits.threads = request_.threads;
  const double memory_mb = request_.memory_mb.value_or(default_memory_mb);
  const auto searches = static_cast<double>(std::clamp<std::size_t>(choices_.size(), 1, together));
  limits.labels = static_cast<std::size_t>(std::max(1.0, memory_mb * 1e6 / sizeof(Label) / 2.0 / searches));
  if (request_.time_s || request_.stop) limits.expired = [this] { return expired(); };
  return limits;
}

bool ExactSearch::expired() const {
  if (request_.stop && request_.stop()) return true;
  return request_.time_s && clock_.seconds() >= *request_.time_s;
}

void ExactSearch::count(const SearchOutcome& outcome) {
  evaluations_ += outcome.evaluations;
  labels_ += static_cast<std::int64_t>(outcome.labels);
}

double ExactSearch::Hunt::lower_bound() const {
  double least = best ? best->objective : infinity;
  for (const double bound : bounds) least = std::min(least, bound);
  return least;
}

double ExactSearch::Hunt::target() const {
  return std::min(cutoff, best ? best->objective * (1.0 - gap) : infinity);
}

bool ExactSearch::spent(Hunt& hunt) const {
  if (expired()) hunt.stopped = "time";
  if (hunt.budget > 0 && evaluations_ >= hunt.budget) hunt.stopped = "budget";
  return !hunt.stopped.empty();
}

// Every keep set once, up to a ceiling of the objective. A few at a time, which all start from the same incumbent: as
// many for any number of threads.
void ExactSearch::pass(Hunt& hunt, double ceiling, std::size_t width, std::size_t labels) {
  std::vector<std::size_t> turn;
  for (std::size_t n = 0; n < choices_.size(); ++n) {
    if (hunt.done[n] == 0 && !spent(hunt)) {
      if (hunt.bounds[n] >= hunt.target()) {
        hunt.done[n] = 1;
      } else if (hunt.bounds[n] < ceiling) {
        turn.push_back(n);
      }
    }
    if (turn.size() < together && n + 1 < choices_.size()) continue;
    Cutoff cutoff;
    cutoff.price = hunt.price;
    cutoff.objective = std::min(hunt.target(), ceiling);
    const bool whole = cutoff.objective == hunt.target();
    std::vector<SearchOutcome> outcomes(turn.size());
    parallel_for(turn.size(), request_.threads, [&](std::size_t k) {
      SearchLimits effort = limits(width);
      effort.labels = std::min(effort.labels, labels);
      outcomes[k] = search(choices_[turn[k]]).run(cutoff, effort);
      if (choices_.size() > kept_tables) choices_[turn[k]].search.reset();
    });
    for (std::size_t k = 0; k < turn.size(); ++k) {
      const SearchOutcome& outcome = outcomes[k];
      count(outcome);
      if (outcome.best && (!hunt.best || outcome.best->objective < hunt.best->objective ||
                           (outcome.best->objective == hunt.best->objective &&
                            lexicographically_less(outcome.best->mapping, hunt.best->mapping)))) {
        hunt.best = outcome.best;
      }
      hunt.bounds[turn[k]] = std::max(hunt.bounds[turn[k]], outcome.lower_bound);
      if (outcome.complete && whole) hunt.done[turn[k]] = 1;
      if (outcome.out_of_time) hunt.stopped = "time";
      if (outcome.out_of_memory && width == unlimited && labels == unlimited) hunt.stopped = "memory";
    }
    turn.clear();
  }
}

// Deepening: what lies within a share of the bound comes first, so that no run wades through hopeless labels. Narrow
// runs look for an incumbent, wider ones halve what lies between it and the bound, the last one has no limit and
// proves.
void ExactSearch::descend(Hunt& hunt) {
  const double cutoff = hunt.cutoff;
  const bool known = hunt.best.has_value();
  hunt.cutoff = infinity;  // an incumbent is wanted whatever the cutoff is
  const double root = hunt.lower_bound() > 0.0 ? hunt.lower_bound() : infinity;
  for (const double share : deepening) {
    if (hunt.best || spent(hunt)) break;
    pass(hunt, root * share, narrow);
  }
  // Without a proof, the incumbent is all that will be known of the layer: a wider look for a better one.
  if (!known && (cutoff < infinity || !hunt.prove)) pass(hunt, infinity, wide);
  if (known && many_ && !hunt.prove) pass(hunt, infinity, wide);
  if (hunt.best && !hunt.prove) return;
  hunt.cutoff = cutoff;
  if (known && many_) {
    raise(hunt);
    return;
  }
  while (hunt.best && !spent(hunt)) {
    const double best = hunt.target(), bound = hunt.lower_bound();
    if (!(best > close * bound)) break;
    pass(hunt, std::sqrt(best * bound), broad);
    if (hunt.target() == best && hunt.lower_bound() == bound) break;
  }
  pass(hunt, infinity, broad);
  pass(hunt, infinity, unlimited);
}

// From a known mapping: the whole proof if so many labels suffice for it, otherwise as large a step of the bound as
// they do, then more of them.
void ExactSearch::raise(Hunt& hunt) {
  std::size_t labels = direct;
  double step = infinity;
  while (!spent(hunt) && hunt.lower_bound() < hunt.target()) {
    const double bound = hunt.lower_bound(), open = hunt.target() / bound;
    const double ceiling = step < open ? bound * step : infinity;
    const std::size_t most = limits(unlimited).labels;
    pass(hunt, ceiling, unlimited, labels < most ? labels : unlimited);
    // Where not every cost is priced exactly, searches that left nothing out may end below the target.
    if (std::find(hunt.done.begin(), hunt.done.end(), 0) == hunt.done.end()) return;
    if (hunt.lower_bound() >= std::min(ceiling, hunt.target()) * (1.0 - 1e-9)) continue;
    step = std::sqrt(std::min(step, open));
    if (step > 1.02 && step < infinity) continue;
    if (labels >= most) hunt.stopped = "memory";
    labels *= 4;
    step = hunt.target() / hunt.lower_bound();
  }
}

bool ExactSearch::attempt(const MapPoint& known) {
  main_.best = known;
  main_.gap = request_.gap;
  if (request_.cutoff > 0.0) main_.cutoff = request_.cutoff;
  if (!grouped_ || !request_.prove) return false;
  parallel_for(1, request_.threads, [&](std::size_t) { pass(main_, infinity, unlimited, first_labels); });
  return main_.stopped.empty() && main_.lower_bound() >= main_.target();
}

void ExactSearch::solve() {
  if (main_.best && grouped_ && request_.prove && main_.lower_bound() < main_.target()) split();
  main_.gap = request_.gap;
  if (request_.cutoff > 0.0) main_.cutoff = request_.cutoff;
  main_.budget = request_.budget;
  main_.prove = request_.prove;
  parallel_for(1, request_.threads, [&](std::size_t) { descend(main_); });  // all stages share its threads
  if (!main_.stopped.empty()) return;
  const double least = lower_bound();
  if (main_.best && least >= main_.best->objective) {
    main_.stopped = "proven";
  } else if (!main_.best && !(least < infinity)) {
    main_.stopped = "infeasible";
  } else if (request_.cutoff > 0.0 && least >= request_.cutoff) {
    main_.stopped = "cutoff";
  } else if (!request_.prove) {
    main_.stopped = "search";
  } else {
    main_.stopped = request_.gap > 0.0 ? "gap" : "bound";
  }
}

void ExactSearch::improve(const MapPoint& known, std::size_t width) {
  main_.best = known;
  parallel_for(1, request_.threads, [&](std::size_t) { pass(main_, infinity, width); });
  main_.stopped = "search";
}

double ExactSearch::cheapest(double price, std::optional<MapPoint>& best, double enough) {
  Hunt hunt;
  hunt.price = price;
  hunt.cutoff = enough;
  hunt.best = best;
  if (hunt.best) hunt.best->objective = hunt.best->energy_pj + price * hunt.best->cycles;
  for (const Choice& choice : choices_)
    hunt.bounds.push_back(choice.energy + price * (choice.cycles + problem_->extra_cycles));
  hunt.done.assign(choices_.size(), 0);
  parallel_for(1, request_.threads, [&](std::size_t) { descend(hunt); });
  best = hunt.best;
  return hunt.lower_bound();
}

// Every keep set once, narrow or whole, each with what the ones before it found; impatient: until one is not completed.
bool ExactSearch::front_pass(const Cutoff& whole, bool proof, std::size_t labels, bool patient,
                             std::vector<MapPoint>& points) {
  bool complete = true;
  for (Choice& choice : choices_) {
    if (!(choice.bound < infinity)) continue;
    if (whole.price && choice.energy + *whole.price * (choice.cycles + problem_->extra_cycles) >= whole.objective)
      continue;
    Cutoff cutoff = whole;
    for (const MapPoint& point : points) cutoff.points.emplace_back(point.energy_pj, point.cycles);
    SearchLimits effort = limits(proof ? unlimited : narrow);
    effort.labels = std::min(effort.labels, labels);
    const SearchOutcome outcome = search(choice).run(cutoff, effort);
    count(outcome);
    for (const MapPoint& point : outcome.points) points.push_back(point);
    points = pareto_front(std::move(points));
    complete = complete && outcome.complete;
    if (proof && !complete && !patient) break;
  }
  return complete;
}

bool ExactSearch::front(std::size_t labels, std::vector<MapPoint>& points) {
  Cutoff whole;
  whole.front = true;
  front_pass(whole, false, labels, true, points);
  const bool complete = front_pass(whole, true, labels, true, points);
  return complete && problem_->exact && !request_.architecture.link_transfers;
}

bool ExactSearch::front_below(double price, double below, std::size_t labels, std::vector<MapPoint>& points) {
  Cutoff near;
  near.front = true;
  near.price = price;
  near.objective = below;
  front_pass(near, false, labels, true, points);
  const bool complete = front_pass(near, true, labels, false, points);
  return complete && problem_->exact && !request_.architecture.link_transfers;
}

std::vector<MapPoint> pareto_front(std::vector<MapPoint> points) {
  std::sort(points.begin(), points.end(), [](const MapPoint& a, const MapPoint& b) {
    if (a.energy_pj != b.energy_pj) return a.energy_pj < b.energy_pj;
    if (a.cycles != b.cycles) return a.cycles < b.cycles;
    return lexicographically_less(a.mapping, b.mapping);
  });
  std::vector<MapPoint> front;
  for (const MapPoint& point : points) {
    if (front.empty() || point.cycles < front.back().cycles) front.push_back(point);
  }
  return front;
}

}  // namespace dovetail
