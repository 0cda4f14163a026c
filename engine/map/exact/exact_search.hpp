// The search that proves its answer: all keep sets of a layer on a machine, deepening from bounds to a proof.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/map/exact/label_search.hpp>
#include <dovetail/engine/map/exact/stacked_machine.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/session.hpp>

namespace dovetail {

/// One layer on one machine over all allowed keep sets; the searches of the keep sets share incumbent and tables.
class ExactSearch {
 public:
  static constexpr std::size_t few_alone = 64;
  /// Keep sets are searched one by one when there are at most `alone`, otherwise in groups; by default also when there
  /// are few tiles. Throws std::length_error when the layer has too many tiles for tables.
  explicit ExactSearch(const MapRequest& request, std::size_t alone = few_alone);
  /// The same over mappings with uneven placement, on the stacked machine of a layer and a machine; the answers are
  /// mappings of the machine itself.
  ExactSearch(const StackedMachine& stacked, const MapRequest& request, std::size_t alone = few_alone);

  /// A mapping that is known: the search then looks for better ones only.
  void start_from(const MapPoint& known) { main_.best = known; }
  /// Whether there are so many keep sets that a good mapping should be known before bounds are asked to cut them.
  bool many() const { return many_; }
  /// A short try at the proof: whether nothing is better than the known mapping or one that it finds.
  bool attempt(const MapPoint& known);
  /// Narrow runs for an incumbent, then, if the request wants it, a complete one for the proof. Stops at the request's
  /// gap, time, memory, cutoff.
  void solve();
  /// Without a proof: starts from a known mapping and looks for better ones among `width` labels per stage.
  void improve(const MapPoint& known, std::size_t width);
  /// The Pareto front of (energy, cycles), ascending energy; `points` holds what is known of it and is completed. False
  /// when time, memory or `labels`, the effort of the proof, ended it first.
  bool front(std::size_t labels, std::vector<MapPoint>& points);
  /// The same of the points whose energy_pj + price x cycles is less than `below`. Gives up at the first keep set whose
  /// proof takes more than `labels`. The request must have asked for a front.
  bool front_below(double price, double below, std::size_t labels, std::vector<MapPoint>& points);
  /// A mapping with the least energy_pj + price x cycles: `best` is a known one, if any, and is replaced by a better
  /// one. No mapping has less than the returned value, which is that of `best` or `enough`, the smaller one, unless
  /// time or memory ended the search.
  double cheapest(double price, std::optional<MapPoint>& best, double enough = std::numeric_limits<double>::infinity());

  const std::optional<MapPoint>& best() const { return main_.best; }
  double lower_bound() const;
  /// Lower bound over all keep sets before any search.
  double root_bound() const;
  /// No mapping has less energy, or fewer cycles.
  double root_energy_pj() const { return root_energy_; }
  double root_cycles() const { return root_cycles_; }
  bool exact() const { return problem_->exact; }
  /// Tiles times keep sets: how much there is to search.
  std::size_t size() const { return problem_->lattice.size() * choices_.size(); }
  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t labels() const { return labels_; }
  const std::string& stopped() const { return main_.stopped; }

 private:
  struct Choice {
    SearchCase own{};
    std::vector<Multicast> members;  ///< of `multicasts`, those that the case covers
    std::unique_ptr<LabelSearch> search;
    double bound = 0.0, energy = 0.0, cycles = 0.0;  ///< lower bounds before any search
  };
  /// The search of all keep sets for one objective: the request's, or energy + price x cycles.
  struct Hunt {
    std::optional<double> price;
    std::optional<MapPoint> best;
    std::vector<double> bounds;  ///< per keep set, rising
    std::vector<char> done;
    double gap = 0.0, cutoff = std::numeric_limits<double>::infinity();
    std::int64_t budget = 0;
    bool prove = true;
    std::string stopped;
    double lower_bound() const;
    double target() const;  ///< what a mapping must beat
  };
  bool front_pass(const Cutoff& whole, bool proof, std::size_t labels, bool patient, std::vector<MapPoint>& points);
  void descend(Hunt& hunt);
  void pass(Hunt& hunt, double ceiling, std::size_t width,
            std::size_t labels = std::numeric_limits<std::size_t>::max());
  void raise(Hunt& hunt);
  bool spent(Hunt& hunt) const;
  bool expired() const;
  SearchLimits limits(std::size_t width) const;
  void count(const SearchOutcome& outcome);
  LabelSearch& search(Choice& choice);
  void bound(Choice& choice);
  double entries(const SearchCase& own) const;
  std::optional<std::array<Choice, 2>> cut(const Choice& from) const;
  void split();
  void list_bounds();
  std::vector<KeepGroup> keep_groups(std::size_t alone) const;
  void prepare(std::size_t alone);

  MapRequest request_;
  std::unique_ptr<MapProblem> problem_;
  std::unique_ptr<LoopPlan> plan_;
  OutermostTables outermost_;
  std::vector<Choice> choices_;
  bool grouped_ = false;  ///< keep sets are too many to be searched one by one
  bool many_ = false;     ///< too many for the deepening that finds a first mapping
  Hunt main_;             ///< for the request's objective
  double root_bound_ = 0.0, root_energy_ = 0.0, root_cycles_ = 0.0;
  std::int64_t evaluations_ = 0, labels_ = 0;
  Stopwatch clock_;
};

/// The points that no other point covers, ascending energy; of equal points the lexicographically least mapping.
std::vector<MapPoint> pareto_front(std::vector<MapPoint> points);

}  // namespace dovetail
