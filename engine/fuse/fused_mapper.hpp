// The best way to run a whole network on one machine when results may stay on chip, whole or band by band.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/fuse/activations.hpp>
#include <dovetail/engine/fuse/chain.hpp>
#include <dovetail/engine/fuse/resident_layer.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

struct FusedMapRequest {
  RunningNetwork network;
  Architecture architecture;
  std::function<MappingRules(const Layer&)> rules;  ///< also of bands; empty: free
  MappingObjective objective;                       ///< of the sums; energy counts in it
  Fusion fusion = Fusion::bands;
  Bypass bypass = Bypass::search;
  int longest_group = 4;        ///< layers of a group in bands
  bool adds_end_groups = true;  ///< a result may be added to that of a group's last layer
  double gap = 0.0;
  /// > 0: a network whose bound shows that it is not better needs a schedule within 2 % of the bound only, and one
  /// whose bound is half as much again none.
  double cutoff = 0.0;
  std::optional<double> time_s;
  std::optional<double> memory_mb;
  std::function<bool()> stop;  ///< polled from any thread
  int threads = 1;
  /// Energy and cycles that are about those of the answer, for a first price; 0: not known.
  CostPoint guess{};
  /// Per layer of the network a mapping that is known (of the layer alone), or none.
  std::vector<std::optional<Mapping>> known;
};

/// A layer of a step: `runs` times the mapping, which is one of `request`, the layer (or its band) on what is left of
/// the machine.
struct FusedRun {
  int layer = 0;
  double runs = 1.0;
  MapRequest request;
  unsigned living = 0;    ///< tensors that live in the home level
  std::int64_t room = 0;  ///< words of the home level that are left to the other tensors
  std::optional<Mapping> mapping;
  Evaluation evaluation;  ///< of one run
};

/// One layer, or a group of layers that run band by band.
struct FusedStep {
  int first = 0, last = 0;
  bool result_lives = false;  ///< a single layer's result stays in the home level
  std::int64_t bands = 1;
  int dimension = -1;  ///< that bands cut, of the last layer
  /// Of products whose bands cut heads and rows: so many parts of heads, one after the other, and their dimension.
  /// Pinned weights of a part stay for its bands only.
  std::int64_t parts = 1;
  int part_dimension = -1;
  bool pinned = false, retain = false;
  std::vector<FusedRun> runs;
  CostPoint more;                   ///< additions and pinned weights, on top of the runs
  CostPoint pinning;                ///< of it, the pinned weights
  std::vector<int> alive;           ///< results that live in the home level while the step runs, beside its own
  std::int64_t reserved_words = 0;  ///< that nothing but residents may use, at most, while the step runs
};

/// What cannot live on chip for want of words, whatever the rest of the schedule does.
struct NoRoom {
  enum class What : std::uint8_t {
    result,  ///< of layer `first`, whole until the last reader `last` has run
    skip,    ///< the same, until it is added to that of layer `last`
    group,   ///< layers first .. last band by band, in however many bands
    weights  ///< of such a group, all at once beside its bands; read anew they fit
  };
  What what = What::result;
  int first = 0, last = 0;
  std::int64_t words = 0;  ///< needed of the home level at least, with the least tiles of what runs meanwhile
  std::int64_t bands = 1;  ///< of the group that needs least
};

struct FusedMapResult {
  bool feasible = false, proven = false;
  bool cut = false;      ///< no schedule is below the cutoff, whether or not one is known
  bool stopped = false;  ///< time or the request's stop ended it
  double energy_pj = 0.0, cycles = 0.0, objective = 0.0, lower_bound = 0.0;
  /// No schedule of these layers in this mapping space is below, whatever it keeps where: known without a search.
  double compulsory = 0.0;
  std::vector<FusedStep> steps;
  std::optional<HomeLevel> home;
  std::string no_home;  ///< why the machine has none
  std::vector<NoRoom> no_room;
  std::int64_t evaluations = 0, labels = 0, problems = 0, searches = 0;
  std::size_t prices = 0, paths = 0;
  double seconds = 0.0;
  double gap() const { return objective > 0.0 ? (objective - lower_bound) / objective : 0.0; }
};

/// The level that results may live in: one memory of limited size whose rules let every layer's Inputs and Outputs be
/// there (kept, or may_home). The largest one, where there are several; none, and then why, where there is not.
std::optional<HomeLevel> home_level(const Architecture& architecture, const RunningNetwork& network,
                                    const std::function<MappingRules(const Layer&)>& rules, std::string& why_not);

/// At a price (energy + price x cycles) costs add. The network is then a shortest path over (next layer, results that
/// live on chip), whose edges are layers with and without a home for their result, and groups in bands; each is a sum
/// of layers mapped exactly in the room that is left. An edge is first known by bounds; the layers on the shortest path
/// by bounds are solved until nothing on it is open (lazy shortest paths; Dellin & Srinivasa, ICAPS 2016), so that most
/// groups never are. Prices are chosen as in map_network, and prove the objective of the sums in the same way.
/// Additions read what they add from its home.
FusedMapResult map_fused(const FusedMapRequest& request);

/// "0-2 nb=4 pinned recompute", as in fused-chain-case/1.
std::string group_name(const FusedStep& step);

}  // namespace dovetail
