// Everything a network may do on a machine at one time: states (next layer, results that live on chip) and edges
// between.
#pragma once

#include <array>
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
  /// none. What has not changed since the last question at the same price is not computed again.
  std::vector<int> shortest(double price, bool known, double& cost) const;
  /// By lower bounds at a price: from every state to the end, and from the start to every state.
  std::vector<double> to_end(double price) const;
  std::vector<double> from_start(double price) const;
  double least_cost(int edge, double price) const;

  std::size_t states() const { return states_.size(); }
  bool is_end(int state) const { return states_[static_cast<std::size_t>(state)].layer == count_of_layers(); }
  const std::vector<int>& edges_of(int state) const { return states_[static_cast<std::size_t>(state)].edges; }
  /// States, the last layers first; state 0 is the start.
  const std::vector<int>& order() const { return order_; }
  const Edge& edge(int e) const { return edges_[static_cast<std::size_t>(e)]; }
  ResidentLayer& family(int f) { return *families_[static_cast<std::size_t>(f)]; }
  const ResidentLayer& family(int f) const { return *families_[static_cast<std::size_t>(f)]; }

  /// Families of the same layer with other extents or other residents, the most alike first.
  std::vector<int> relatives(int family) const;

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
  /// Costs of edges at a price, by bounds or by known mappings, as far as they are up to date.
  struct View {
    double price = -1.0;
    std::vector<double> answers, costs;  // per question, per edge
    std::vector<std::size_t> seen;       // changes of each family
  };
  const View& view(double price, bool known) const;
  double answer(int question, double price, bool known) const;
  double cost(const Edge& edge, const View& view) const;
  /// To the end, and the edge to take from every state.
  std::vector<double> distances(const View& view, std::vector<int>& chosen) const;
  int state(int layer, Alive alive);
  void expand(int state);
  void alone(int state);
  void groups(int state);
  /// How a group runs: rows of the layers in `bands` parts, and, of products, `parts` parts of heads around them.
  struct Cut {
    std::vector<RowAxis> axes, outer;  // per layer; outer: empty where heads are not cut
    std::int64_t bands = 1, parts = 1;
    bool pinned = false, retain = false;
  };
  void cuts(int state, int last, Cut cut);
  void bands(int state, int last, const Cut& cut);
  Layer part_of(int layer, const Cut& cut, std::size_t position) const;
  void add_edge(int from, Edge edge, int next_layer, Alive alive);
  bool may_group(int first, int last) const;
  int family_of(int layer, const Layer& part, unsigned living);
  CostPoint additions(int layer, const Alive& alive) const;
  CostPoint pinning(const Layer& layer, int weights) const;
  std::int64_t home_words(const Layer& layer, int tensor) const;
  std::int64_t alive_words(const Alive& alive) const;
  std::int64_t least_words(int layer, const Layer& part, unsigned living);
  void find_residents();
  void find_no_room();
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
  std::vector<std::string> family_shapes_;  // of the whole layer
  std::map<std::string, std::vector<int>> kin_;
  std::vector<unsigned> allowed_;  // per layer: tensors that may be at home
  std::vector<char> may_live_;     // per layer: its result, as a whole
  std::map<std::pair<int, std::int64_t>, int> question_places_;
  std::vector<std::pair<int, std::int64_t>> questions_;
  std::vector<std::vector<int>> family_questions_, question_edges_;
  mutable std::array<View, 2> views_;  // by bounds, by known mappings
  std::vector<int> order_;             // of states, the last layers first
  /// Of groups that nothing else lives beside, by first and last layer and whether weights are pinned: the words that
  /// the least of them needs, and its bands.
  std::map<std::tuple<int, int, bool>, std::pair<std::int64_t, std::int64_t>> group_needs_;
  std::map<std::tuple<int, std::array<std::int64_t, 2>, unsigned>, std::int64_t> least_words_;
  std::vector<NoRoom> no_room_;
  CostPoint least_, guess_;
};

}  // namespace dovetail
