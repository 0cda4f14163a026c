// The exact search: labels from the inside out, dominance within a tile, bounds of what lies outside.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/map/exact/label.hpp>
#include <dovetail/engine/map/exact/outside_bounds.hpp>

namespace dovetail {

/// A mapping with its exact cost.
struct MapPoint {
  double objective = std::numeric_limits<double>::infinity(), energy_pj = 0.0, cycles = 0.0;
  PackedMapping mapping;  ///< of the original layer
};

/// What may still be cut off: everything whose lower bound does not beat the cutoff. With a price the objective is
/// energy + price x cycles; for a front, points that another point covers are cut.
struct Cutoff {
  double objective = std::numeric_limits<double>::infinity();
  std::optional<double> price;
  bool front = false;
  std::vector<std::pair<double, double>> points;  ///< front so far: (energy, cycles)
};

struct SearchLimits {
  std::size_t width = std::numeric_limits<std::size_t>::max();  ///< labels kept after a stage
  std::size_t tolerated = 0;  ///< so many are not cut: nearly all of a stage is as quickly done as the rest of it again
  bool by_volume = false;     ///< keep the most promising of every binary order of tile volume in turn, not of all
  std::size_t labels = std::numeric_limits<std::size_t>::max();  ///< of all stages together (memory)
  int threads = 1;
  std::function<bool()> expired;  ///< polled; true ends the search
};

struct SearchOutcome {
  std::optional<MapPoint> best;
  std::vector<MapPoint> points;           ///< front: every point found, not yet filtered
  double lower_bound = 0.0;               ///< of the objective over this keep choice (at most the cutoff)
  bool complete = false;                  ///< nothing was dropped: lower_bound is min(cutoff, best)
  std::array<double, max_levels> need{};  ///< with tolls: words that the best mapping's tiles take of each level
  bool out_of_time = false, out_of_memory = false;
  std::int64_t evaluations = 0;
  std::size_t labels = 0;
};

/// One case: what a level stores is decided with its loops.
class LabelSearch {
 public:
  LabelSearch(const MapProblem& problem, const LoopPlan& plan, const SearchCase& own, const OutermostTables& outermost);

  const MapBounds& bounds() const { return bounds_; }
  /// Lower bound before any search; infinite when nothing fits.
  double root_bound() const { return root_bound_; }
  double root_energy_pj() const { return root_energy_; }
  double root_cycles() const { return root_cycles_; }
  SearchOutcome run(const Cutoff& cutoff, const SearchLimits& limits) const;

 private:
  /// What a label before the loops of a level pays for each tensor if that level's loops move it.
  struct Prospect {
    double fixed = 0.0;                        ///< energy whatever the loops are
    std::array<double, max_tensors> reload{};  ///< energy if the tensor is not stationary
    std::array<double, max_tensors> reads{};   ///< its reads at the level, in cycles of the read port
    std::array<double, max_tensors> least{};   ///< share of both that stationarity through all levels leaves
    std::array<double, max_tensors> floor{};   ///< what that leaves of the energy
    std::array<double, max_tensors> linear{};  ///< of the energy, what is proportional to the words
    bool net = false;                          ///< the written tensor's cost is linear + written
    WrittenCosts written;
    /// What stationarity through all levels saves of the energy of a tensor.
    double saving(std::size_t t, std::size_t written_tensor) const {
      return net && t == written_tensor ? reload[t] - floor[t] : reload[t] * (1.0 - least[t]);
    }
    /// What it costs when loops leave a share of its words.
    double energy(std::size_t t, std::size_t written_tensor, double share) const {
      return net && t == written_tensor ? linear[t] * share + written(share) : reload[t] * share;
    }
    unsigned members = 0, tabled = 0;  ///< tensors with a choice; those with a kappa in the bounds
    double low_cycles = 0.0;           ///< cycles of inner levels, over all children outside
    double fixed_reads = 0.0;
  };
  /// What a label pays at least once it is spread over a level's fan-out, linear in the share of children with
  /// different data; what it pays for a tensor is start + price x share, and the reads that the level serves are reads
  /// x share.
  struct Outlook {
    double fixed = 0.0, leak = 0.0, cycles = 0.0, elided_reads = 0.0;
    std::array<double, max_tensors> start{}, price{}, reads{};
    bool net = false;  ///< the written tensor costs (start + written) x share
    WrittenCosts written;
    std::array<double, max_tensors> still{};  ///< least share of a member, over what the choice leaves of it
    unsigned members = 0, tabled = 0;         ///< as in Prospect
  };
  struct Stage {
    int level = 0;
    bool temporal = false;
    std::vector<std::vector<Label>> parts{};  ///< by piece of the work
    std::vector<const Label*> labels{};       ///< of all parts, in order
    void list();
  };
  static double narrow(const TileLattice& lattice, Stage& stage, const SearchLimits& limits);
  std::vector<const Label*> sources(const std::vector<Stage>& stages) const;
  void spread_stage(const std::vector<Stage>& stages, int level, const Cutoff& cutoff, const SearchLimits& limits,
                    Stage& out, bool& stopped) const;
  void loop_stage(const std::vector<Stage>& stages, int level, const Cutoff& cutoff, const SearchLimits& limits,
                  Stage& out, bool& stopped) const;
  /// A boundary above level `k` that loops of a level cross, with what is known of it whatever the loops are.
  struct Border {
    int k = 0, q = 0;                   ///< q: the next level that stores the tensor, or the one above the loops
    bool kept = false, spread = false;  ///< stored at k; a fan-out lies between
    TileLattice::Id base = 0;
    double volume = 0.0;  ///< words of a tile
    double children = 1.0, copies = 1.0, parent_children = 1.0, parent_copies = 1.0;
    std::size_t first_loop = 0, last_loop = 0;  ///< between k and this level
  };
  struct Borders {
    std::vector<Border> all;  ///< by tensor
    std::array<std::size_t, max_tensors + 1> first{};
    std::array<bool, max_tensors> transit{};  ///< in transit to this level
    std::vector<ReuseLoop> loops;             ///< of all borders, innermost first
  };
  /// The loops of a level around a source, by dimension.
  struct Step {
    TileLattice::Id target = 0;
    double rest = 1.0, total = 1.0;  ///< runs of the target; trips of all loops
    std::array<ReuseLoop, max_dimensions> loop;
  };
  /// Room for walks: loops below a level end where its own begin.
  struct WalkedLoops {
    static constexpr std::size_t below = std::size_t{max_dimensions} * (max_levels - 1);
    std::array<ReuseLoop, below + max_dimensions> of;
  };
  /// Words per level, as labels have them.
  struct Traffic {
    std::array<double, max_levels> reads, writes;
  };
  Borders borders(const Label& source, const LabelPath& path, int level, unsigned keep) const;
  Step step_to(const Label& source, TileLattice::Id target) const;
  Reuse crossing(const Borders& borders, const Border& border, std::size_t t, const Step& step, const LoopOrder& order,
                 WalkedLoops& loops) const;
  bool settled(const Label& source, const LoopOrder& order) const;
  bool loop_over(const std::vector<const Label*>& from, const std::vector<LabelPath>& paths, int level, unsigned keep,
                 const Cutoff& cutoff, const SearchLimits& limits, Stage& out) const;
  void finish(const std::vector<Stage>& stages, const Cutoff& cutoff, SearchOutcome& outcome) const;
  double value(const Cutoff& cutoff, double energy, double cycles) const {
    if (!(energy < std::numeric_limits<double>::infinity())) return energy;
    const double whole = cycles + problem_->extra_cycles;
    if (cutoff.price) return energy + *cutoff.price * whole;
    return product_ ? energy * whole : problem_->request.objective(energy, whole);
  }
  bool hopeless(const Cutoff& cutoff, double energy, double cycles) const;
  /// What a label pays if its level stores `keep`.
  Prospect prospect(const Label& label, int level, unsigned keep) const;
  Outlook outlook(const Label& source, int level, unsigned keep) const;
  bool screened(const Outlook& from, const std::array<double, max_tensors>& groups, int level, unsigned keep,
                const Label& source, const SpatialChoice& choice, const Cutoff& cutoff) const;
  /// What the case leaves of a tensor's multicast.
  double room(const Label& label, std::size_t t) const { return std::max(1.0, bounds_.limit(t) / label.shared[t]); }
  double leak_from(int level) const;
  /// What a decided level charges a label above its price, per tensor word.
  double more_fill_pj(const Label& label, int level, std::size_t t) const {
    return toll_ == nullptr ? 0.0 : rung(label, level).fill_pj[t];
  }
  double more_read_pj(const Label& label, int level, std::size_t t) const {
    return toll_ == nullptr ? 0.0 : rung(label, level).read_pj[t];
  }
  double more_update_pj(const Label& label, int level, std::size_t t) const {
    return toll_ == nullptr ? 0.0 : rung(label, level).update_pj[t];
  }
  const LevelToll::Rung& rung(const Label& label, int level) const {
    const auto j = static_cast<std::size_t>(level);
    return toll_->level[j].rungs[label.rung[j]];
  }
  bool tolled(int level) const { return toll_ != nullptr && !toll_->level[static_cast<std::size_t>(level)].free; }
  void least_bound(const std::vector<Stage>& stages, SearchOutcome& outcome) const;
  bool bound_before_loops(Label& label, int level, const Cutoff& cutoff) const;
  bool bound_after_loops(Label& label, int level, const Cutoff& cutoff) const;
  double elision_above(const Label& label, int level, bool before_loops, double copies_below) const;
  /// `with_open`: its traffic with open boundaries as if closed.
  void measure(Label& label, int level, const Traffic* with_open) const;
  bool dominates(const Label& a, const Label& b, int level, bool temporal) const;
  bool replaces_fresh(const Label& a, const Label& b, int level, bool priced, bool timed, double& difference) const;
  void add(std::vector<Label>& front, const Label& label, int level, bool temporal) const;
  LabelPath path(const std::vector<Stage>& stages, std::size_t stage, const Label& label) const;
  bool spread(const Label& source, int level, std::size_t choice, const Arrangement& arrangement, Label& out) const;
  void loop(const Label& source, const LabelPath& path, const Borders& borders, int level, const Step& step,
            const LoopOrder& order, unsigned keep, std::uint16_t rung, WalkedLoops& loops, Label& out) const;
  void pay_fill(Label& label, int k, std::size_t t, double total, double children, double copies, double unit) const;
  void pay_parent(Label& label, int p, std::size_t t, double total, double children, double copies, double unit) const;
  bool inner_part(const Label& label, int level, std::size_t t) const;
  double adders(int level, double before, double after, double children, double groups) const;
  PackedMapping mapping(const LabelPath& path) const;

  /// Of a stage's work, for any number of threads; shares no factor with the strides of tables.
  static constexpr std::size_t pieces = 61;
  /// First and one past the last of `count` items that belong to a piece.
  static std::pair<std::size_t, std::size_t> piece(std::size_t count, std::size_t index) {
    return {count * index / pieces, count * (index + 1) / pieces};
  }

  const MapProblem* problem_;
  const LoopPlan* plan_;
  bool product_;  ///< the objective is energy x cycles
  MapBounds bounds_;
  const Toll* toll_;
  Label root_;
  double root_bound_ = 0.0, root_energy_ = 0.0, root_cycles_ = 0.0;
};

}  // namespace dovetail
