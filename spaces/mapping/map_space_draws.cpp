// Random legal mappings: prime by prime with look-ahead, or exactly uniform from counted factor chains.
#include <algorithm>
#include <cmath>

#include <dovetail/spaces/mapping/map_space_parts.hpp>
#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr int max_attempts = 200;
constexpr std::size_t max_primes = 31 * max_dimensions;  // extents fit 31 bits

template <class Range>
void shuffle(Range first, std::size_t count, Random& random) {
  for (std::size_t i = count; i > 1; --i) std::swap(first[i - 1], first[random.below(i)]);
}

}  // namespace

void MapSpace::draw_orders_and_keeps(Random& random, PackedMapping& mapping) const {
  for (int l = 0; l < levels_; ++l) {
    const LevelInfo& info = level_[at(l)];
    PackedLevel& level = mapping.levels[at(l)];
    // Free dimensions outside in any order, ruled ones inside in theirs.
    unsigned ruled = 0;
    for (int k = 0; k < info.ruled; ++k) {
      level.order[at(dimensions_ - 1 - k)] = info.inner[at(k)];
      ruled |= 1U << info.inner[at(k)];
    }
    std::size_t free = 0;
    for (int d = 0; d < dimensions_; ++d)
      if ((ruled >> d & 1U) == 0) level.order[free++] = static_cast<std::uint8_t>(d);
    shuffle(level.order.begin(), free, random);
    level.keep = static_cast<std::uint8_t>(info.must |
                                           (info.optional == 0 ? 0U : static_cast<unsigned>(random()) & info.optional));
  }
}

bool MapSpace::construct(Random& random, PackedMapping& mapping) const {
  mapping = empty_packed_mapping(levels_, dimensions_);
  draw_orders_and_keeps(random, mapping);
  std::array<std::pair<std::uint8_t, std::int32_t>, max_primes> waiting;
  std::size_t count = 0;
  std::array<Extents, max_levels> tile;
  std::array<std::array<std::int64_t, slot_count>, max_levels> used;
  for (int l = 0; l < levels_; ++l) {
    tile[at(l)].fill(1);
    used[at(l)].fill(1);
  }
  for (int d = 0; d < dimensions_; ++d) {
    const std::vector<Start>& starts = starts_[at(d)];
    if (starts.empty()) return false;
    const Start& start = starts[starts.size() == 1 ? 0 : random.below(starts.size())];
    for (const auto& [place, value] : start.factors) {
      factor(mapping, place, d) = value;
      if (place.slot != Slot::temporal &&
          (used[place.level][at(place.slot)] *= value) > level_[place.level].fan[at(place.slot)])
        return false;
      for (int l = place.level; l < levels_; ++l) tile[at(l)][at(d)] *= value;
    }
    for (const std::int32_t prime : start.primes) waiting[count++] = {static_cast<std::uint8_t>(d), prime};
  }
  for (int l = 0; l + 1 < levels_; ++l)
    if (!fits(l, mapping.levels[at(l)].keep, tile[at(l)])) return false;

  shuffle(waiting.begin(), count, random);
  std::array<Place, max_levels * slot_count> open;
  for (std::size_t i = 0; i < count; ++i) {
    const int d = waiting[i].first;
    const std::int64_t prime = waiting[i].second;
    std::size_t choices = 0;
    for (int l = levels_ - 1; l >= 0; --l) {
      // A factor at this level enlarges the tile of this level and of all outside it.
      if (l + 1 < levels_) {
        const unsigned keep = mapping.levels[at(l)].keep;
        if (level_[at(l)].usable >= 0 && (keep & touched_[at(d)]) != 0) {
          tile[at(l)][at(d)] *= prime;
          const bool roomy = fits(l, keep, tile[at(l)]);
          tile[at(l)][at(d)] /= prime;
          if (!roomy) break;
        }
      }
      const PackedLevel& level = mapping.levels[at(l)];
      const auto bound = [&](Slot slot) { return most_[at(l)][at(slot)][at(d)]; };
      if (level.temporal[at(d)] * prime <= bound(Slot::temporal))
        open[choices++] = {static_cast<std::uint8_t>(l), Slot::temporal};
      const auto& fan = level_[at(l)].fan;
      if (used[at(l)][1] * prime <= fan[1] && level.spatial_x[at(d)] * prime <= bound(Slot::spatial_x))
        open[choices++] = {static_cast<std::uint8_t>(l), Slot::spatial_x};
      if (used[at(l)][2] * prime <= fan[2] && level.spatial_y[at(d)] * prime <= bound(Slot::spatial_y))
        open[choices++] = {static_cast<std::uint8_t>(l), Slot::spatial_y};
    }
    if (choices == 0) return false;
    const Place place = open[choices == 1 ? 0 : random.below(choices)];
    factor(mapping, place, d) = static_cast<std::int32_t>(factor(mapping, place, d) * prime);
    if (place.slot != Slot::temporal) used[place.level][at(place.slot)] *= prime;
    for (int l = place.level; l < levels_; ++l) tile[at(l)][at(d)] *= prime;
  }
  for (int l = 0; l < levels_; ++l) {
    const LevelInfo& info = level_[at(l)];
    if (info.usable < 0 || (l + 1 < levels_ && info.least <= 0.0)) continue;
    const std::int64_t words = words_kept(l, mapping.levels[at(l)].keep, tile[at(l)]);
    if (words > info.usable || static_cast<double>(words) < info.least) return false;
  }
  return true;
}

int MapSpace::sample(Random& random, PackedMapping& mapping) const {
  for (int attempts = 1; attempts <= max_attempts; ++attempts)
    if (construct(random, mapping)) return attempts;
  return 0;
}

const MapSpace::Counted& MapSpace::counted() const {
  // With too many states, meshes are left to rejection.
  std::call_once(counted_->once, [this] {
    if (!count_chains(true)) count_chains(false);
  });
  return *counted_;
}

// False when more than max_transitions would be needed.
bool MapSpace::count_chains(bool meshed) const {
  Counted& chains = *counted_;
  chains.stages.clear();
  chains.last.clear();
  chains.meshed = meshed;
  using State = std::array<std::int32_t, 2 * max_levels>;
  std::vector<int> spatial;  // levels with children
  for (int l = 0; l < levels_; ++l)
    if (level_[at(l)].fan[1] > 1 || level_[at(l)].fan[2] > 1) spatial.push_back(l);
  State start;
  start.fill(1);
  std::map<State, std::uint32_t> states{{start, 0}};
  std::vector<double> weight{1.0};
  std::size_t transitions = 0;
  for (int d = 0; d < dimensions_; ++d) {
    Counted::Stage stage;
    for (const std::int64_t divisor : divisors(extent_[at(d)]))
      stage.divisors.push_back(static_cast<std::int32_t>(divisor));
    const std::size_t size = stage.divisors.size();
    const auto index_of = [&](std::int32_t value) {
      return static_cast<std::uint32_t>(std::lower_bound(stage.divisors.begin(), stage.divisors.end(), value) -
                                        stage.divisors.begin());
    };
    stage.quotient.assign(size, std::vector<std::uint32_t>(size, Counted::none));
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        if (stage.divisors[i] % stage.divisors[j] == 0)
          stage.quotient[i][j] = index_of(stage.divisors[i] / stage.divisors[j]);
    stage.ways.assign(at(levels_), std::vector<double>(size, 0.0));
    for (int l = 0; l < levels_; ++l)
      for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
          const std::uint32_t rest = stage.quotient[i][j];
          if (rest == Counted::none || !allowed({static_cast<std::uint8_t>(l), Slot::temporal}, d, stage.divisors[j]))
            continue;
          stage.ways[at(l)][i] += l == 0 ? (rest == 0 ? 1.0 : 0.0) : stage.ways[at(l - 1)][rest];
        }
    // Spatial factors of this dimension, level by level; levels without children must be allowed a factor of one.
    Counted::Option blank;
    blank.x.fill(1);
    blank.y.fill(1);
    blank.rest = size - 1;
    std::vector<Counted::Option> options{blank};
    for (int l = 0; l < levels_; ++l)
      for (const Slot slot : {Slot::spatial_x, Slot::spatial_y}) {
        std::vector<Counted::Option> next;
        for (const Counted::Option& option : options)
          for (std::size_t j = 0; j < size; ++j) {
            const std::uint32_t rest = stage.quotient[option.rest][j];
            if (rest == Counted::none || !allowed({static_cast<std::uint8_t>(l), slot}, d, stage.divisors[j])) continue;
            Counted::Option longer = option;
            (slot == Slot::spatial_x ? longer.x : longer.y)[at(l)] = stage.divisors[j];
            longer.rest = rest;
            next.push_back(longer);
          }
        options = std::move(next);
        if (options.size() > Counted::max_transitions / 4) {
          if (meshed) return false;
          options.resize(1);
        }
      }
    for (const Counted::Option& option : options)
      if (stage.ways[at(levels_ - 1)][option.rest] > 0.0) stage.options.push_back(option);

    std::map<State, std::uint32_t> next_states;
    std::vector<std::vector<Counted::Transition>> incoming;
    std::vector<double> next_weight;
    for (const auto& [state, number] : states)
      for (std::size_t o = 0; o < stage.options.size(); ++o) {
        const Counted::Option& option = stage.options[o];
        State after = state;
        bool within = true;
        if (meshed) {
          for (const int l : spatial) {
            std::int32_t& x = after[at(2 * l)];
            std::int32_t& y = after[at(2 * l + 1)];
            const std::int64_t wide_x = static_cast<std::int64_t>(x) * option.x[at(l)],
                               wide_y = static_cast<std::int64_t>(y) * option.y[at(l)];
            within = within && wide_x <= level_[at(l)].fan[1] && wide_y <= level_[at(l)].fan[2];
            if (!within) break;
            x = static_cast<std::int32_t>(wide_x);
            y = static_cast<std::int32_t>(wide_y);
          }
        }
        if (!within) continue;
        const auto [found, fresh] = next_states.emplace(after, static_cast<std::uint32_t>(incoming.size()));
        if (fresh) {
          incoming.emplace_back();
          next_weight.push_back(0.0);
        }
        next_weight[found->second] += weight[number] * stage.ways[at(levels_ - 1)][option.rest];
        incoming[found->second].push_back({next_weight[found->second], number, static_cast<std::uint32_t>(o)});
        if (++transitions > Counted::max_transitions && meshed) return false;
      }
    for (const std::vector<Counted::Transition>& list : incoming) {
      stage.first.push_back(static_cast<std::uint32_t>(stage.transitions.size()));
      stage.transitions.insert(stage.transitions.end(), list.begin(), list.end());
    }
    stage.first.push_back(static_cast<std::uint32_t>(stage.transitions.size()));
    states = std::move(next_states);
    weight = std::move(next_weight);
    chains.stages.push_back(std::move(stage));
  }
  double until = 0.0;
  for (const double own : weight) chains.last.push_back(until += own);
  return true;
}

bool MapSpace::draw_factors(Random& random, PackedMapping& mapping) const {
  const Counted& chains = *counted_;
  if (chains.total() == 0.0) return false;
  const double pick = random.uniform() * chains.total();
  auto state = static_cast<std::uint32_t>(std::upper_bound(chains.last.begin(), chains.last.end() - 1, pick) -
                                          chains.last.begin());
  for (int d = dimensions_; d-- > 0;) {
    const Counted::Stage& stage = chains.stages[at(d)];
    const auto begin = stage.transitions.begin() + stage.first[state],
               end = stage.transitions.begin() + stage.first[state + 1];
    const double own = random.uniform() * (end - 1)->until;
    const Counted::Transition& transition =
        *std::upper_bound(begin, end - 1, own, [](double p, const Counted::Transition& t) { return p < t.until; });
    const Counted::Option& option = stage.options[transition.option];
    state = transition.before;
    auto rest = static_cast<std::uint32_t>(option.rest);
    for (int l = levels_; l-- > 0;) {
      PackedLevel& level = mapping.levels[at(l)];
      level.spatial_x[at(d)] = option.x[at(l)];
      level.spatial_y[at(d)] = option.y[at(l)];
      if (l == 0) {
        level.temporal[at(d)] = stage.divisors[rest];
        break;
      }
      double left = random.uniform() * stage.ways[at(l)][rest];
      std::uint32_t chosen = Counted::none, after = 0;
      for (std::uint32_t j = 0; j <= rest; ++j) {
        const std::uint32_t quotient = stage.quotient[rest][j];
        if (quotient == Counted::none || stage.ways[at(l - 1)][quotient] == 0.0 ||
            !allowed({static_cast<std::uint8_t>(l), Slot::temporal}, d, stage.divisors[j]))
          continue;
        chosen = j;
        after = quotient;
        left -= stage.ways[at(l - 1)][quotient];
        if (left < 0.0) break;
      }
      level.temporal[at(d)] = stage.divisors[chosen];
      rest = after;
    }
  }
  return true;
}

std::int64_t MapSpace::sample_uniform(Random& random, PackedMapping& mapping, std::int64_t limit) const {
  counted();
  mapping = empty_packed_mapping(levels_, dimensions_);
  for (std::int64_t draws = 1; draws <= limit; ++draws) {
    if (!draw_factors(random, mapping)) return 0;
    draw_orders_and_keeps(random, mapping);
    if (meshes_hold(mapping) && capacities_hold(mapping)) return draws;
  }
  return 0;
}

Share MapSpace::feasible_share(std::int64_t draws, Random& random) const {
  counted();
  PackedMapping mapping = empty_packed_mapping(levels_, dimensions_);
  std::int64_t hits = 0;
  for (std::int64_t i = 0; i < draws; ++i) {
    if (!draw_factors(random, mapping)) return {0.0, 0.0, 0.0, draws};
    draw_orders_and_keeps(random, mapping);
    hits += meshes_hold(mapping) && capacities_hold(mapping) ? 1 : 0;
  }
  return share_of(hits, draws);
}

}  // namespace dovetail
