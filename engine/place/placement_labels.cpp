// Grows labels layer by layer, the same number of layers done at a time.
#include <dovetail/engine/place/placement_labels.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <dovetail/engine/place/placement_branch.hpp>
#include <dovetail/engine/place/placement_seeds.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

using namespace detail;

constexpr std::size_t path_prices = 6;
constexpr std::size_t schedules_per_width = 40;  // tried per unit of the beam, before it

struct SetHash {
  std::size_t operator()(const LayerSet& set) const {
    std::uint64_t hash = 0x9E3779B97F4A7C15ULL;
    for (std::uint64_t word : set) hash = (hash ^ word) * 0xBF58476D1CE4E5B9ULL, hash ^= hash >> 29U;
    return static_cast<std::size_t>(hash);
  }
};

/// Sums that only differ by rounding are equal.
double eased(double value) {
  return value + 1e-12 * std::abs(value);
}

class Search {
 public:
  Search(const PlacementProblem& problem, const PlacementOptions& options)
      : problem_(problem),
        options_(options),
        graph_(problem),
        bounds_(problem),
        n_(problem.layers.size()),
        m_(problem.machines) {
    find_path_prices();
    shares_.push_back(bounds_.shares());
    shares_.emplace_back(m_, 1.0 / static_cast<double>(m_));
    for (std::size_t m = 0; m < m_ && m_ > 1; ++m) {
      std::vector<double> one(m_, 0.0);
      one[m] = 1.0;
      shares_.push_back(one);
    }
    for (const auto& price : bounds_.prices()) price_sums_.push_back(std::accumulate(price.begin(), price.end(), 0.0));
  }

  PlacementResult run() {
    PlacementResult result;
    steps_.push_back({});
    seed_schedules(problem_, graph_, bounds_, schedules_per_width * options_.beam,
                   [&](const Schedule& schedule) { add(schedule); });
    for (std::size_t width : {options_.beam / 8 + 1, options_.beam}) explore(width);
    result.exact = explore(0);
    if (!result.exact) explore(2 * options_.beam);
    result.labels = kept_;
    result.edp_bound = result.exact ? least_edp() : branch();
    for (const auto& entry : front_.entries()) result.front.push_back(schedule(entry));
    return result;
  }

 private:
  using Groups = std::vector<std::unique_ptr<LabelGroup>>;

  double least_edp() const {
    double least = infinity;
    for (const auto& entry : front_.entries()) least = std::min(least, entry.makespan * entry.energy);
    return least;
  }

  // Assignments that the relaxation likes are started, and moved layer by layer where they come near the best product.
  double branch() {
    LocalMoves moves(problem_, graph_, [this](const Schedule& schedule) { add(schedule); });
    return least_product_by_branching(problem_, graph_, bounds_, options_.labels / PlacementOptions::labels_per_node,
                                      [&](const std::vector<std::size_t>& machine) {
                                        moves.improve(machine, least_edp());
                                        return least_edp();
                                      });
  }

  /// What energy buys on single layers: some of the ratios, from cheap to dear. Then, per price, how much a path after
  /// a layer must pay beyond the least energies.
  void find_path_prices() {
    std::vector<double> ratios;
    for (const PlacementLayer& layer : problem_.layers) {
      for (std::size_t a = 0; a < m_; ++a) {
        for (std::size_t b = 0; b < m_; ++b) {
          const double time = layer.cycles[b] - layer.cycles[a], energy = layer.energy[a] - layer.energy[b];
          if (time > 0.0 && time < infinity && energy > 0.0) ratios.push_back(energy / time);
        }
      }
    }
    std::sort(ratios.begin(), ratios.end());
    for (std::size_t i = 0; i < path_prices && !ratios.empty(); ++i)
      path_price_.push_back(ratios[(2 * i + 1) * ratios.size() / (2 * path_prices)]);
    path_price_.erase(std::unique(path_price_.begin(), path_price_.end()), path_price_.end());
    for (double price : path_price_) {
      std::vector<double>& extra = path_extra_.emplace_back(n_, 0.0);
      for (std::size_t i = n_; i-- > 0;) {
        const std::size_t l = graph_.order[i];
        for (std::size_t a : graph_.after[l]) {
          double least = infinity;
          for (std::size_t m = 0; m < m_; ++m) {
            const PlacementLayer& layer = problem_.layers[a];
            if (layer.cycles[m] < infinity) least = std::min(least, layer.energy[m] + price * layer.cycles[m]);
          }
          extra[l] = std::max(extra[l], least - graph_.least_energy[a] + extra[a]);
        }
      }
    }
  }

  std::unique_ptr<LabelGroup> make_group(const LayerSet& done) const {
    auto group = std::make_unique<LabelGroup>();
    group->done = done;
    group->priced_left.assign(bounds_.prices().size(), 0.0);
    group->loaded_left.assign(shares_.size(), 0.0);
    for (std::size_t l = 0; l < n_; ++l) {
      if (contains(done, l)) continue;
      std::size_t read = 0;
      for (std::size_t b : graph_.before[l]) read += contains(done, b) ? 1 : 0;
      if (read > 0) group->waiting.push_back(static_cast<std::uint16_t>(l));
      if (read == graph_.before[l].size())
        group->available.push_back(static_cast<std::uint16_t>(l));
      else
        group->blocked = true;
      const PlacementLayer& layer = problem_.layers[l];
      group->energy_left += graph_.least_energy[l];
      for (std::size_t p = 0; p < bounds_.prices().size(); ++p) {
        double least = infinity;
        for (std::size_t m = 0; m < m_; ++m)
          if (layer.cycles[m] < infinity)
            least = std::min(least, layer.energy[m] + bounds_.prices()[p][m] * layer.cycles[m]);
        group->priced_left[p] += least;
      }
      for (std::size_t s = 0; s < shares_.size(); ++s) {
        double least = infinity;
        for (std::size_t m = 0; m < m_; ++m)
          if (layer.cycles[m] < infinity) least = std::min(least, shares_[s][m] * layer.cycles[m]);
        group->loaded_left[s] += least;
      }
    }
    return group;
  }

  /// When layer l could start on machine m.
  double ready(const LabelGroup& group, const double* times, std::size_t l, std::size_t m) const {
    const auto at = std::lower_bound(group.waiting.begin(), group.waiting.end(), l);
    const double known = at != group.waiting.end() && *at == l
                             ? times[m_ * (1 + static_cast<std::size_t>(at - group.waiting.begin())) + m]
                             : 0.0;
    return std::max({known, times[m], problem_.layers[l].release});
  }

  /// Raises what no longer matters: results before a machine is free, machines before anything can start on them.
  void normalise(const LabelGroup& group, double* times) const {
    double other = infinity;  // before anything that is not available yet can start
    if (group.blocked) {
      for (std::size_t l : group.available)
        for (std::size_t m = 0; m < m_; ++m)
          other = std::min(other, ready(group, times, l, m) + problem_.layers[l].cycles[m]);
    }
    std::array<double, 64> raised{};
    for (std::size_t m = 0; m < m_; ++m) {
      double least = other;
      for (std::size_t l : group.available)
        if (problem_.layers[l].cycles[m] < infinity) least = std::min(least, ready(group, times, l, m));
      raised[m] = least;
    }
    for (std::size_t m = 0; m < m_; ++m) {
      if (raised[m] < infinity) times[m] = std::max(times[m], raised[m]);
      for (std::size_t w = 0; w < group.waiting.size(); ++w) {
        double& known = times[m_ * (1 + w) + m];
        known = std::max({known, times[m], problem_.layers[group.waiting[w]].release});
      }
    }
  }

  double least_end(const LabelGroup& group, const PlacementLabel& label, const double* times) const {
    double bound = label.last_end;
    const auto through = [&](std::size_t l) {
      double least = infinity;
      for (std::size_t m = 0; m < m_; ++m)
        least = std::min(least, ready(group, times, l, m) + problem_.layers[l].cycles[m]);
      bound = std::max(bound, least + graph_.tail[l]);
    };
    for (std::size_t l : group.waiting) through(l);
    for (std::size_t l : group.available)
      if (graph_.before[l].empty()) through(l);
    // A machine that gets no further layer may be called free later than everything ends: it counts to a known bound.
    const double known = bound;
    for (std::size_t s = 0; s < shares_.size(); ++s) {
      double load = group.loaded_left[s];
      for (std::size_t m = 0; m < m_; ++m) load += shares_[s][m] * std::min(times[m], known);
      bound = std::max(bound, load);
    }
    return bound;
  }

  /// Least energy of schedules from here that end before `makespan`.
  double least_energy(const LabelGroup& group, const PlacementLabel& label, const double* times,
                      double makespan) const {
    double bound = label.energy + group.energy_left;
    for (std::size_t p = 0; p < price_sums_.size(); ++p) {
      double value = label.energy + group.priced_left[p] - makespan * price_sums_[p];
      for (std::size_t m = 0; m < m_; ++m) value += bounds_.prices()[p][m] * std::min(times[m], makespan);
      bound = std::max(bound, value);
    }
    for (std::size_t p = 0; p < path_price_.size(); ++p) {
      const auto through = [&](std::size_t l) {
        double least = infinity;
        const PlacementLayer& layer = problem_.layers[l];
        for (std::size_t m = 0; m < m_; ++m)
          if (layer.cycles[m] < infinity)
            least = std::min(least, layer.energy[m] + path_price_[p] * (layer.cycles[m] + ready(group, times, l, m)));
        bound = std::max(bound, label.energy + group.energy_left + least - graph_.least_energy[l] + path_extra_[p][l] -
                                    path_price_[p] * makespan);
      };
      for (std::size_t l : group.waiting) through(l);
      for (std::size_t l : group.available)
        if (graph_.before[l].empty()) through(l);
    }
    return bound;
  }

  /// Whether it may lead to a schedule that no known one dominates.
  bool promising(const LabelGroup& group, const PlacementLabel& label, const double* times) const {
    const auto& entries = front_.entries();
    for (std::size_t k = 0; k <= entries.size(); ++k) {
      const double before = k < entries.size() ? entries[k].makespan : infinity;  // a schedule between two known ones
      if (eased(label.least_end) >= before) continue;
      if (k == 0) return true;
      if (eased(least_energy(group, label, times, std::min(before, 1e300))) < entries[k - 1].energy) return true;
    }
    return false;
  }

  /// No worse in everything that matters to what follows.
  bool dominates(const PlacementLabel& a, const double* a_times, const PlacementLabel& b, const double* b_times,
                 std::size_t stride) const {
    if (a.energy > eased(b.energy) || a.last_end > b.least_end) return false;
    for (std::size_t i = 0; i < stride; ++i)
      if (a_times[i] > b_times[i]) return false;
    return true;
  }

  void insert(LabelGroup& group, const PlacementLabel& label, const std::vector<double>& times, const Step& step) {
    const std::size_t stride = times.size();
    compared_ += 2 * group.labels.size();
    for (std::size_t i = 0; i < group.labels.size(); ++i)
      if (dominates(group.labels[i], &group.times[i * stride], label, times.data(), stride)) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < group.labels.size(); ++i) {
      if (dominates(label, times.data(), group.labels[i], &group.times[i * stride], stride)) continue;
      if (kept != i) {
        group.labels[kept] = group.labels[i];
        std::copy_n(&group.times[i * stride], stride, &group.times[kept * stride]);
      }
      ++kept;
    }
    group.labels.resize(kept);
    group.times.resize(kept * stride);
    group.labels.push_back(label);
    group.times.insert(group.times.end(), times.begin(), times.end());
    group.labels.back().step = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back(step);
    ++kept_;
  }

  void grow(const LabelGroup& group, std::size_t i, std::unordered_map<LayerSet, std::size_t, SetHash>& index,
            Groups& next) {
    const std::size_t stride = group.stride(m_);
    const PlacementLabel& label = group.labels[i];
    const double* times = &group.times[i * stride];
    std::vector<double> grown_times;
    for (std::size_t l : group.available) {
      LayerSet done = group.done;
      done[l / 64] |= std::uint64_t{1} << (l % 64);
      auto [at, is_new] = index.try_emplace(done, next.size());
      if (is_new) next.push_back(make_group(done));
      LabelGroup& target = *next[at->second];
      const PlacementLayer& layer = problem_.layers[l];
      for (std::size_t m = 0; m < m_; ++m) {
        if (layer.cycles[m] == infinity) continue;
        const double start = ready(group, times, l, m), end = start + layer.cycles[m];
        if (end > eased(graph_.due[l])) continue;
        PlacementLabel grown{label.energy + layer.energy[m], std::max(label.last_end, end), 0.0, 0};
        grown_times.assign(target.stride(m_), 0.0);
        for (std::size_t k = 0; k < m_; ++k) grown_times[k] = k == m ? end : std::max(times[k], start);
        std::size_t old = 0;
        for (std::size_t w = 0; w < target.waiting.size(); ++w) {
          while (old < group.waiting.size() && group.waiting[old] < target.waiting[w]) ++old;
          const bool known = old < group.waiting.size() && group.waiting[old] == target.waiting[w];
          const bool reads = std::binary_search(graph_.after[l].begin(), graph_.after[l].end(), target.waiting[w]);
          for (std::size_t k = 0; k < m_; ++k) {
            double& value = grown_times[m_ * (1 + w) + k];
            if (known) value = times[m_ * (1 + old) + k];
            if (reads) value = std::max(value, end + (k == m ? 0.0 : layer.transfer));
          }
        }
        const Step step{label.step, static_cast<std::uint16_t>(l), static_cast<std::uint16_t>(m), start};
        if (target.available.empty()) {
          if (front_.add(grown.last_end, grown.energy, static_cast<std::uint32_t>(steps_.size())))
            steps_.push_back(step);
          continue;
        }
        normalise(target, grown_times.data());
        grown.least_end = least_end(target, grown, grown_times.data());
        if (promising(target, grown, grown_times.data())) insert(target, grown, grown_times, step);
      }
    }
  }

  /// Keeps the most hopeful labels of a level: shares of them by bounds of the makespan, of the energy, and between.
  void thin(Groups& level, std::size_t width) const {
    struct Place {
      std::size_t group, label;
      double end, energy;
      bool keep = false;
    };
    std::vector<Place> places;
    for (std::size_t g = 0; g < level.size(); ++g)
      for (std::size_t i = 0; i < level[g]->labels.size(); ++i)
        places.push_back({g, i, level[g]->labels[i].least_end, level[g]->labels[i].energy + level[g]->energy_left});
    if (places.size() <= width) return;
    constexpr double weights[] = {0.0, 0.05, 0.2, 0.5, 0.8};
    for (double weight : weights) {
      const auto score = [&](const Place& p) {
        return (1.0 - weight) * p.end / std::max(bounds_.makespan(), 1e-300) +
               weight * p.energy / std::max(bounds_.energy(), 1e-300);
      };
      std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
        const double x = score(a), y = score(b);
        return x != y ? x < y : a.end + a.energy < b.end + b.energy;
      });
      std::size_t count = width / std::size(weights) + 1;
      for (Place& p : places) {
        if (count == 0) break;
        if (p.keep) continue;
        p.keep = true, --count;
      }
    }
    for (std::size_t g = 0; g < level.size(); ++g) {
      LabelGroup& group = *level[g];
      std::vector<char> keep(group.labels.size(), 0);
      for (const Place& p : places)
        if (p.group == g && p.keep) keep[p.label] = 1;
      const std::size_t stride = group.stride(m_);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < keep.size(); ++i) {
        if (keep[i] == 0) continue;
        group.labels[kept] = group.labels[i];
        std::copy_n(&group.times[i * stride], stride, &group.times[kept * stride]);
        ++kept;
      }
      group.labels.resize(kept);
      group.times.resize(kept * stride);
    }
  }

  /// Width 0: everything, until too many labels are kept. Returns whether nothing was left out.
  bool explore(std::size_t width) {
    Groups level;
    level.push_back(make_group({}));
    level[0]->labels.push_back({});
    level[0]->times.assign(m_, 0.0);
    normalise(*level[0], level[0]->times.data());
    const std::size_t kept_before = kept_, compared_before = compared_;
    for (std::size_t count = 0; count < n_; ++count) {
      Groups next;
      std::unordered_map<LayerSet, std::size_t, SetHash> index;
      for (const auto& group : level) {
        const std::size_t stride = group->stride(m_);
        for (std::size_t i = 0; i < group->labels.size(); ++i) {
          // Schedules found since may have made it hopeless.
          if (count > 0 && !promising(*group, group->labels[i], &group->times[i * stride])) continue;
          grow(*group, i, index, next);
          if (width == 0 &&
              (kept_ - kept_before > options_.labels || compared_ - compared_before > options_.comparisons))
            return false;
        }
      }
      if (width > 0) thin(next, width);
      level = std::move(next);
    }
    return width == 0;
  }

  /// A whole schedule, as the steps that lead to it.
  void add(const Schedule& schedule) {
    const auto last = static_cast<std::uint32_t>(steps_.size() + n_ - 1);
    if (!front_.add(schedule.makespan, schedule.energy, last)) return;
    std::uint32_t previous = 0;
    for (const PlacedLayer& placed : schedule.layers) {
      steps_.push_back({previous, static_cast<std::uint16_t>(placed.layer), static_cast<std::uint16_t>(placed.machine),
                        placed.start});
      previous = static_cast<std::uint32_t>(steps_.size() - 1);
    }
  }

  Schedule schedule(const ScheduleFront::Entry& entry) const {
    Schedule out{entry.makespan, entry.energy, std::vector<PlacedLayer>(n_)};
    std::uint32_t at = entry.step;
    for (std::size_t count = 0; count < n_; ++count) {
      const Step& step = steps_[at];
      out.layers[step.layer] = {step.layer, step.machine, step.start,
                                step.start + problem_.layers[step.layer].cycles[step.machine]};
      at = step.previous;
    }
    return out;
  }

  const PlacementProblem& problem_;
  const PlacementOptions& options_;
  PlacementGraph graph_;
  PlacementBounds bounds_;
  std::size_t n_, m_;
  std::vector<double> path_price_;
  std::vector<std::vector<double>> path_extra_, shares_;
  std::vector<double> price_sums_;
  std::vector<Step> steps_;
  ScheduleFront front_;
  std::size_t kept_ = 0, compared_ = 0;
};

}  // namespace

namespace detail {

bool ScheduleFront::add(double makespan, double energy, std::uint32_t step) {
  for (const Entry& entry : entries_)
    if (entry.makespan <= eased(makespan) && entry.energy <= eased(energy)) return false;
  std::erase_if(entries_, [&](const Entry& entry) { return makespan <= entry.makespan && energy <= entry.energy; });
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.makespan > makespan; });
  entries_.insert(at, {makespan, energy, step});
  return true;
}

}  // namespace detail

PlacementResult place(const PlacementProblem& problem, const PlacementOptions& options) {
  return Search(problem, options).run();
}

}  // namespace dovetail
