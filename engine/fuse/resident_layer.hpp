// One layer while tensors live on chip: its best mappings at a price, for every number of words that are left to the
// others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>

namespace dovetail {

/// The level of a machine that tensors may live in: one memory of limited size inside the outermost one.
struct HomeLevel {
  int level = 0;
  std::int64_t capacity_words = 0;
};

/// Words of a memory that `words` of a tensor take.
std::int64_t memory_words(const Level& memory, const Tensor& tensor, std::int64_t words);

/// The machine whose outermost memory costs neither energy nor time: what a layer costs inside it.
Architecture with_free_outermost(Architecture machine);

/// What no mapping of a layer avoids when some tensors live on chip: operations on the compute units that whole factors
/// can occupy, their operands at the levels inside, and the other tensors at the outermost memory, each once. `cut`:
/// dimensions that bands may cut, of which any part may run at a time. Microseconds.
CostPoint unavoidable_cost(const Layer& layer, const Architecture& architecture, const MappingRules& rules,
                           unsigned living, unsigned cut = 0);

/// Words of a level that tiles of a layer's tensors take at least, but for those that live there.
std::int64_t least_tile_words(const MapRequest& request, int level, unsigned living);

/// A mapping with what its tiles take of the home level, beside what lives there.
struct ResidentPoint {
  MapPoint point;
  std::int64_t tile_words = 0;
};

/// All questions about one layer with the same tensors living in the home level. A mapping whose other tiles take n
/// words is one of every room from n words on; no mapping of a smaller room is better than the best of a larger one. So
/// the answer at one room is that of all rooms down to the words that its mapping uses.
class ResidentLayer {
 public:
  /// `living`: bit t of the layer's tensors. The base request's architecture is the whole machine.
  ResidentLayer(const MapRequest& base, HomeLevel home, unsigned living);

  /// Lower bound of energy_pj + price x cycles of every mapping whose other tiles take at most `room` words.
  double bound(double price, std::int64_t room) const;
  /// The best known mapping there, or none.
  const ResidentPoint* best(double price, std::int64_t room) const;
  bool settled(double price, std::int64_t room) const;
  /// The next step towards a settled answer, or to know that nothing costs less than `enough`: a first bound of the
  /// search at full room, its answer, those of the room itself. False: no step is left (time or memory ended the
  /// search).
  bool refine(double price, std::int64_t room, double enough);
  /// A mapping that is known.
  void add(const PackedMapping& mapping);
  /// The same of a mapping of a layer of other extents or with other tensors at home, made one of this layer: factors
  /// that do not divide are cut, what is missing is left to the outermost memory.
  void adapt(const PackedMapping& mapping);
  /// All mappings that are known, in the order they were found; positions stay.
  const std::vector<ResidentPoint>& points() const { return points_; }
  /// Completes the mappings whose tiles take at most `room` words and whose energy_pj + price x cycles is less than
  /// `below`, as far as no other one is at least as good in both. Gives up, and answers false, where a proof takes more
  /// than `labels`.
  bool list(double price, std::int64_t room, double below, std::size_t labels);

  /// What the layer is asked to map at a room: the machine has what is left and what lives there, the rules say who
  /// does.
  MapRequest request(std::int64_t room) const;
  /// Words of the home level that the others take at least: their tiles at the least factors that the rules allow.
  std::int64_t least_room() const { return least_room_; }
  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t labels() const { return labels_; }
  const Layer& layer() const { return base_.layer; }
  /// Grows with everything that is learned.
  std::size_t changes() const { return changes_; }
  std::int64_t searches() const { return static_cast<std::int64_t>(rooms_.size()); }

 private:
  struct Room {
    std::unique_ptr<ExactSearch> search;
    SupportingLines lines{0.0, 0.0};
    std::map<double, double> asked;  ///< price: up to which cost its answer is exact
    bool too_large = false;          ///< no tables
    bool nothing = false;            ///< no mapping fits
  };
  Room& open(std::int64_t room);
  bool ask(Room& at, double price, std::int64_t room, double enough);
  double cost(const ResidentPoint& point, double price) const {
    return point.point.energy_pj + price * point.point.cycles;
  }

  MapRequest base_;
  HomeLevel home_;
  unsigned living_;
  std::int64_t living_words_ = 0;  ///< that the search counts for what lives there
  std::int64_t least_room_ = 0;
  double least_energy_ = 0.0, least_cycles_ = 0.0;
  std::map<std::int64_t, Room> rooms_;
  std::map<std::pair<std::int64_t, double>, double> listed_;  // by room and price: below which all is known
  std::vector<ResidentPoint> points_;
  std::int64_t evaluations_ = 0, labels_ = 0;
  std::size_t changes_ = 0;
};

}  // namespace dovetail
