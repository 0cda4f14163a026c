// Everything a network may do on a machine at one time: states (next layer, results that live on chip) and edges
// between.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <dovetail/engine/fuse/fused_mapper.hpp>

namespace dovetail {

/// A layer, or a band of it, on an edge: `runs` times the answer of a family at a room.
struct Term {
  int layer = 0;
  int family = 0;
  unsigned living = 0;
  std::int64_t room = 0;
  double runs = 1.0;
  int question = 0;  ///< (family, room), by number
};

struct Edge {
  int to = 0;  ///< state
  std::vector<Term> terms;
  CostPoint more;  ///< additions and pinned weights
  FusedStep step;  ///< without its runs
};

class ScheduleGraph {
 public:
  /// Lists all states that the empty chip can reach. The request must outlive the graph.
  ScheduleGraph(const FusedMapRequest& request, std::optional<HomeLevel> home);

  /// The shortest path of edges at a price, by lower bounds or by known mappings; `cost` is infinite where there is
  /// none.
  std::vector<int> shortest(double price, bool known, double& cost) const;
  const Edge& edge(int e) const { return edges_[static_cast<std::size_t>(e)]; }
  ResidentLayer& family(int f) { return *families_[static_cast<std::size_t>(f)]; }
  const ResidentLayer& family(int f) const { return *families_[static_cast<std::size_t>(f)]; }

  /// Of all schedules whatever they keep where: weights, the network's inputs and its results cross once.
  CostPoint least() const { return least_; }
  /// Energy and cycles that are about those of a schedule, for a first price.
  CostPoint first_guess() const { return guess_; }
  void count(FusedMapResult& result) const;

 private:
  using Alive = std::vector<int>;  // ascending
  struct State {
    int layer = 0;
    Alive alive;
    std::vector<int> edges;
  };
  int state(int layer, Alive alive);
  void expand(int state);
  void alone(int state);
  void groups(int state);
  void bands(int state, int last, const std::vector<RowAxis>& axes, std::int64_t bands, bool pinned, bool retain);
  void add_edge(int from, Edge edge, int next_layer, Alive alive);
  bool may_group(int first, int last) const;
  int family_of(const Layer& layer, unsigned living);
  CostPoint additions(int layer, const Alive& alive) const;
  CostPoint pinning(const Layer& layer, int weights) const;
  std::int64_t home_words(const Layer& layer, int tensor) const;
  std::int64_t alive_words(const Alive& alive) const;
  void find_residents();
  std::optional<std::vector<RowAxis>> axes_of(int first, int last, const RowAxis& of_last) const;
  Term term(int layer, const Layer& part, unsigned living, std::int64_t room, double runs);

  const RunningLayer& running(int i) const { return request_.network.layers[static_cast<std::size_t>(i)]; }
  int count_of_layers() const { return static_cast<int>(request_.network.layers.size()); }

  const FusedMapRequest& request_;
  std::optional<HomeLevel> home_;
  std::vector<State> states_;
  std::map<std::pair<int, Alive>, int> places_;
  std::vector<Edge> edges_;
  std::vector<std::unique_ptr<ResidentLayer>> families_;
  std::map<std::pair<std::string, unsigned>, int> family_places_;
  std::vector<unsigned> allowed_;  // per layer: tensors that may be at home
  std::vector<char> may_live_;     // per layer: its result, as a whole
  std::map<std::pair<int, std::int64_t>, int> question_places_;
  std::vector<std::pair<int, std::int64_t>> questions_;
  std::vector<int> order_;  // of states, the last layers first
  CostPoint least_, guess_;
};

}  // namespace dovetail
