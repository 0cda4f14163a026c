// What is known of the schedules of one network on one machine: bounds at prices, schedules, and their front.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include <dovetail/engine/fuse/fused_mapper.hpp>
#include <dovetail/engine/fuse/schedule_graph.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>

namespace dovetail {

/// A schedule: a path of edges, and of every term on it the mapping, by its position among those of its family.
struct KnownSchedule {
  CostPoint cost;
  std::vector<int> edges;
  std::vector<std::size_t> mappings;
};

/// Schedules of interest cost at most `most` at a price.
struct PricedLimit {
  double price = 0.0, most = 0.0;
};

class ScheduleSearch {
 public:
  explicit ScheduleSearch(const FusedMapRequest& request);
  ScheduleSearch(const ScheduleSearch&) = delete;
  ScheduleSearch& operator=(const ScheduleSearch&) = delete;

  struct Answer {
    double bound = 0.0;                 ///< no schedule has less energy + price x cycles; infinite: there is none
    bool enough = false;                ///< the bound is what was asked for
    std::optional<KnownSchedule> best;  ///< the cheapest known one
  };
  /// Until the shortest path by bounds costs what a known one does, nothing on it can be refined, `enough(bound)`, or
  /// the time is over. Layers on it are asked only up to the cost from which the path is no shorter than the known one.
  Answer ask(double price, const std::function<bool(double)>& enough = {});
  /// The schedule whose objective is least (see map_fused): its result, and the schedule.
  FusedMapResult solve(std::optional<KnownSchedule>& best);

  /// Bounds of energy + price x cycles at the prices that were asked.
  const SupportingLines& lines() const { return lines_; }
  /// The cheapest schedule known at a price, if there is one.
  std::optional<KnownSchedule> cheapest_known(double price) const;
  /// The schedules of known mappings that no other one covers and that keep all `limits`, by rising energy. `listed`:
  /// first every mapping is looked up that a schedule of cost `limits.front().most` may take. Whether the answer is
  /// known to be complete.
  bool front(const std::vector<PricedLimit>& limits, bool listed, std::vector<KnownSchedule>& schedules);

  /// A schedule with its mappings and what they cost.
  std::vector<FusedStep> steps(const KnownSchedule& schedule) const;
  /// What all answers share: the home, the compulsory cost, the effort so far.
  FusedMapResult frame() const;
  bool expired() const;

 private:
  struct Question {
    int family = 0;
    std::int64_t room = 0;
    double enough = 0.0;  // nobody asks for more than that nothing costs less
  };
  std::vector<Question> questions(const std::vector<int>& path, double price, double left) const;
  void seed(const std::vector<int>& path, double price);
  bool refine(const std::vector<Question>& open, double price);
  KnownSchedule schedule(const std::vector<int>& path, double price) const;
  bool list_mappings(const PricedLimit& limit);

  Stopwatch clock_;
  FusedMapRequest request_;  // every layer's search ends with the whole
  std::optional<double> time_s_;
  std::string no_home_;
  std::optional<HomeLevel> home_;
  ScheduleGraph graph_;
  SupportingLines lines_;
  std::set<int> seeded_;  // questions
  std::size_t paths_ = 0, prices_ = 0;
};

}  // namespace dovetail
