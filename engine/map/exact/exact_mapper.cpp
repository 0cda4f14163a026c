// The mapper that proves its answer (see the header).
#include <dovetail/engine/map/exact/exact_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/sampling/sampling_mappers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t tile_limit = 400'000;  // tables of a few hundred bytes per tile
constexpr std::size_t choice_limit = 1024;   // keep sets that are listed
constexpr std::size_t kept_tables = 64;
constexpr std::size_t front_labels = 200'000;  // effort for the proof of an unlimited front
constexpr std::size_t narrow = 128;            // labels per stage of the first runs,
constexpr std::size_t wide = 512;              // of one for a good incumbent,
constexpr std::size_t broad = 4096;            // and of those before the last
constexpr std::size_t together = 4;            // keep sets that start from the same incumbent
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

constexpr double close = 2.0;  // of a bound: a proof is due

// Shares of the bound within which first runs look for an incumbent.
constexpr double deepening[] = {1.02, 1.08, 1.15, 1.25, 1.4, 1.6, 1.9, 2.3, 3.0, 6.0, 20.0, 200.0, infinity};

}  // namespace

ExactSearch::ExactSearch(const MapRequest& request) : request_(request) {
  problem_ = std::make_unique<MapProblem>(request_, tile_limit);
  plan_ = std::make_unique<LoopPlan>(request_.layer, request_.architecture);
  const auto options = keep_choices(request_);
  std::vector<KeepSets> sets(1);
  for (std::size_t i = 0; i < options.size() && all_choices_; ++i) {
    std::vector<KeepSets> longer;
    for (const KeepSets& set : sets) {
      // All subsets of the optional tensors, everything kept first.
      for (unsigned subset = options[i].optional;; subset = (subset - 1) & options[i].optional) {
        KeepSets next = set;
        next[i] = options[i].must | subset;
        longer.push_back(next);
        if (subset == 0) break;
      }
    }
    if (longer.size() > choice_limit) all_choices_ = false;
    sets = std::move(longer);
  }
  if (!all_choices_) {
    // Too many to list: everything kept, only what must be, and each tensor or level dropped alone.
    sets.clear();
    KeepSets all{}, least{};
    for (std::size_t i = 0; i < options.size(); ++i) {
      all[i] = options[i].must | options[i].optional;
      least[i] = options[i].must;
    }
    sets = {all, least};
    for (std::size_t i = 0; i < options.size(); ++i) {
      for (unsigned t = 0; t < problem_->tensors.size(); ++t) {
        if ((options[i].optional >> t & 1U) == 0) continue;
        KeepSets one = all;
        one[i] &= ~(1U << t);
        sets.push_back(one);
      }
    }
  }
  keep_tables_ = sets.size() <= kept_tables;
  outermost_ = outermost_tables(*problem_, sets);
  choices_.resize(sets.size());
  parallel_for(sets.size(), request_.threads, [&](std::size_t n) {
    choices_[n].keep = sets[n];
    if (request_.time_s && clock_.seconds() >= *request_.time_s / 2.0) return;  // its bound stays 0
    const LabelSearch& own = search(choices_[n]);
    choices_[n].bound = own.root_bound();
    choices_[n].energy = own.root_energy_pj();
    choices_[n].cycles = own.root_cycles();
    if (!keep_tables_ || !(choices_[n].bound < infinity)) choices_[n].search.reset();
  });
  std::stable_sort(choices_.begin(), choices_.end(),
                   [](const Choice& a, const Choice& b) { return a.bound < b.bound; });
  root_bound_ = choices_.empty() ? infinity : choices_.front().bound;
  root_energy_ = root_cycles_ = infinity;
  for (const Choice& choice : choices_) {
    root_energy_ = std::min(root_energy_, choice.energy);
    root_cycles_ = std::min(root_cycles_, choice.cycles + problem_->extra_cycles);
  }
  for (const Choice& choice : choices_) main_.bounds.push_back(choice.bound);
  main_.done.assign(choices_.size(), 0);
  if (!all_choices_ || request_.architecture.link_transfers) {
    root_energy_ = problem_->compute_pj;
    root_cycles_ = std::ceil(problem_->macs / static_cast<double>(request_.architecture.compute.instances));
    root_bound_ = request_.objective(root_energy_, root_cycles_);
  }
}

LabelSearch& ExactSearch::search(Choice& choice) {
  if (!choice.search)
    choice.search = std::make_unique<LabelSearch>(*problem_, *plan_, choice.keep, outermost_);
  return *choice.search;
}

void ExactSearch::release(Choice& choice) {
  if (!keep_tables_) choice.search.reset();
}

double ExactSearch::root_bound() const {
  return root_bound_;
}

double ExactSearch::lower_bound() const {
  const double least = main_.lower_bound();
  if (all_choices_ && !request_.architecture.link_transfers) return least;
  return std::min(least, root_bound_);  // only what holds for any mapping: the arithmetic at full width
}

SearchLimits ExactSearch::limits(std::size_t width) const {
  SearchLimits limits;
  limits.width = width;
  limits.tolerated = width == broad ? 4 * broad : 0;
  limits.by_volume = width > narrow;
  limits.threads = request_.threads;
  const double memory_mb = request_.memory_mb.value_or(4096.0);
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

// Every keep set once, up to a ceiling of the objective. A few at a time, which all start from the same incumbent: as many
// for any number of threads.
void ExactSearch::pass(Hunt& hunt, double ceiling, std::size_t width) {
  std::vector<std::size_t> turn;
  for (std::size_t n = 0; n < choices_.size(); ++n) {
    if (hunt.done[n] == 0 && !spent(hunt)) {
      if (hunt.bounds[n] >= hunt.target()) {
        hunt.done[n] = 1;
        release(choices_[n]);
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
      outcomes[k] = search(choices_[turn[k]]).run(cutoff, limits(width));
      release(choices_[turn[k]]);
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
      if (outcome.out_of_memory && width == unlimited) hunt.stopped = "memory";
    }
    turn.clear();
  }
}

// Deepening: what lies within a share of the bound comes first, so that no run wades through hopeless labels. Narrow runs
// look for an incumbent, wider ones halve what lies between it and the bound, the last one has no limit and proves.
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
  if (hunt.best && !hunt.prove) return;
  hunt.cutoff = cutoff;
  while (hunt.best && !spent(hunt)) {
    const double best = hunt.target(), bound = hunt.lower_bound();
    if (!(best > close * bound)) break;
    pass(hunt, std::sqrt(best * bound), broad);
    if (hunt.target() == best && hunt.lower_bound() == bound) break;
  }
  pass(hunt, infinity, broad);
  pass(hunt, infinity, unlimited);
}

void ExactSearch::solve() {
  main_.gap = request_.gap;
  if (request_.cutoff > 0.0) main_.cutoff = request_.cutoff;
  main_.budget = request_.budget;
  main_.prove = request_.prove;
  parallel_for(1, request_.threads, [&](std::size_t) { descend(main_); });  // all stages share its threads
  if (!main_.stopped.empty()) return;
  const double least = lower_bound();
  if (main_.best && least >= main_.best->objective && all_choices_ && !request_.architecture.link_transfers) {
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
  if (all_choices_ && !request_.architecture.link_transfers) return hunt.lower_bound();
  return std::min(hunt.lower_bound(), root_energy_ + price * root_cycles_);
}

bool ExactSearch::front(std::size_t labels, std::vector<MapPoint>& points) {
  bool complete = all_choices_ && problem_->exact && !request_.architecture.link_transfers;
  for (const bool proof : {false, true}) {
    for (Choice& choice : choices_) {
      if (!(choice.bound < infinity)) continue;
      Cutoff cutoff;
      cutoff.front = true;
      for (const MapPoint& point : points) cutoff.points.emplace_back(point.energy_pj, point.cycles);
      SearchLimits effort = limits(proof ? unlimited : narrow);
      effort.labels = std::min(effort.labels, labels);
      const SearchOutcome outcome = search(choice).run(cutoff, effort);
      count(outcome);
      for (const MapPoint& point : outcome.points) points.push_back(point);
      points = pareto_front(std::move(points));
      if (proof && !outcome.complete) complete = false;
      release(choice);
    }
  }
  return complete;
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

MapResult ExactMapper::map(const MapRequest& request) const {
  const Stopwatch clock;
  std::unique_ptr<ExactSearch> search;
  try {
    search = std::make_unique<ExactSearch>(request);
  } catch (const std::length_error&) {
    // Too large for tables: search without a proof.
    MapResult result = EvolutionMapper().map(request);
    const double cycles = std::ceil(static_cast<double>(macs(request.layer)) /
                                    static_cast<double>(request.architecture.compute.instances));
    result.lower_bound =
        std::min(result.mapping ? result.objective : infinity,
                 request.objective(static_cast<double>(macs(request.layer)) *
                                       compute_energy_per_op_pj(request.layer, request.architecture.compute),
                                   cycles));
    return result;
  }
  search->solve();
  std::optional<PackedMapping> found;
  if (search->best()) found = search->best()->mapping;
  if (!found &&
      (search->stopped() == "time" || search->stopped() == "memory" || search->stopped() == "budget")) {
    // Ended before its first incumbent: a short climb gives one.
    MapRequest climb = request;
    climb.budget = 2000;
    climb.time_s.reset();
    const MapResult climbed = HillclimbMapper().map(climb);
    if (climbed.mapping) found = pack(request.layer, *climbed.mapping);
  }
  MapResult result = answer(request, found);
  result.lower_bound =
      search->best() ? std::min(search->lower_bound(), result.objective) : search->lower_bound();
  result.stopped = search->stopped();
  result.proven = result.stopped == "proven";
  if (!std::isfinite(result.lower_bound)) result.lower_bound = 0.0;
  if (request.front && search->best()) {
    std::vector<MapPoint> points{*search->best()};
    result.front_proven = search->front(front_labels, points);
    for (const MapPoint& point : points) {
      result.front.push_back(
          {point.energy_pj, static_cast<std::int64_t>(point.cycles), unpack(point.mapping)});
    }
  }
  result.evaluations = search->evaluations();
  result.seconds = clock.seconds();
  return result;
}

}  // namespace dovetail
