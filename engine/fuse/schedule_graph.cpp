// States and edges of everything that a network may do on a machine (see the header).
#include <dovetail/engine/fuse/schedule_graph.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

MappingRules rules_of(const std::function<MappingRules(const Layer&)>& rules, const Layer& layer) {
  return rules ? rules(layer) : MappingRules{};
}

// Tensors that rules let a level store, or at least be the home of: bits of must_bypass as in homes.hpp.
unsigned allowed_at(const MappingRules& rules, std::size_t level, const Layer& layer) {
  const unsigned all = (1U << layer.tensors.size()) - 1U;
  const LevelRules& own = level_rules(rules, level);
  return all & (~own.must_bypass | living_in(own.must_bypass));
}

unsigned bit(int tensor) {
  return tensor < 0 ? 0U : 1U << static_cast<unsigned>(tensor);
}

double words_per_cycle(const Level& level) {
  return std::min(level.read_bandwidth.value_or(infinity), level.shared_bandwidth.value_or(infinity));
}

bool contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

}  // namespace

std::optional<HomeLevel> home_level(const Architecture& architecture, const RunningNetwork& network,
                                    const std::function<MappingRules(const Layer&)>& rules, std::string& why_not) {
  std::optional<HomeLevel> home;
  bool limited = false;
  for (std::size_t i = 0; i + 1 < architecture.levels.size(); ++i) {
    const Level& level = architecture.levels[i];
    const auto usable = usable_capacity(level);
    if (level.instances != 1 || !usable) continue;
    limited = true;
    bool fed = false;
    for (const RunningLayer& reader : network.layers) {
      if (!reader.reads) continue;
      const RunningLayer& writer = network.layers[static_cast<std::size_t>(*reader.reads)];
      fed = fed || ((allowed_at(rules_of(rules, reader.layer), i, reader.layer) & bit(reader.inputs)) != 0 &&
                    (allowed_at(rules_of(rules, writer.layer), i, writer.layer) & bit(writer.outputs)) != 0);
    }
    if (fed && (!home || *usable > home->capacity_words)) home = HomeLevel{static_cast<int>(i), *usable};
  }
  if (!home)
    why_not = limited ? "no memory of its own may hold a layer's result and be read as the next one's input"
                      : "no level inside the outermost memory is a single memory of limited size";
  return home;
}

ScheduleGraph::ScheduleGraph(const FusedMapRequest& request, std::optional<HomeLevel> home)
    : request_(request),
      home_(home) {
  find_residents();
  state(0, {});
  for (std::size_t s = 0; s < states_.size(); ++s) expand(static_cast<int>(s));
  order_.resize(states_.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    return states_[static_cast<std::size_t>(a)].layer > states_[static_cast<std::size_t>(b)].layer;
  });
}

// Which results may live at home, what no schedule avoids, and the mappings that are known.
void ScheduleGraph::find_residents() {
  const RunningNetwork& network = request_.network;
  for (int i = 0; i < count_of_layers(); ++i) {
    const RunningLayer& run = running(i);
    const MappingRules rules = rules_of(request_.rules, run.layer);
    allowed_.push_back(home_ ? allowed_at(rules, static_cast<std::size_t>(home_->level), run.layer) : 0U);
    const CostPoint own = unavoidable_cost(run.layer, request_.architecture, rules,
                                           request_.fusion == Fusion::none ? 0U : residents(network, i),
                                           request_.fusion == Fusion::bands ? cut_dimensions(run) : 0U);
    const auto repeat = static_cast<double>(run.repeat);
    least_.energy_pj += repeat * own.energy_pj;
    least_.cycles += repeat * own.cycles;
  }
  may_live_.assign(network.layers.size(), 0);
  for (int i = 0; i < count_of_layers(); ++i)
    may_live_[static_cast<std::size_t>(i)] = home_ && request_.fusion != Fusion::none &&
                                             network.may_live[static_cast<std::size_t>(i)] != 0 &&
                                             (allowed_[static_cast<std::size_t>(i)] & bit(running(i).outputs)) != 0;
  for (int i = 0; i < count_of_layers(); ++i) {
    const RunningLayer& run = running(i);
    const unsigned allowed = allowed_[static_cast<std::size_t>(i)];
    if (run.reads && (allowed & bit(run.inputs)) == 0) may_live_[static_cast<std::size_t>(*run.reads)] = 0;
    if (run.reads_weights && (allowed & bit(run.weights)) == 0)
      may_live_[static_cast<std::size_t>(*run.reads_weights)] = 0;
  }
  guess_ = request_.guess.energy_pj > 0.0 && request_.guess.cycles > 0.0 ? request_.guess : least_;
  if (request_.known.size() != network.layers.size()) return;
  CostPoint sum;
  for (int i = 0; i < count_of_layers(); ++i) {
    const auto& known = request_.known[static_cast<std::size_t>(i)];
    if (!known) return;
    const Evaluation cost = LoopModel().evaluate(running(i).layer, request_.architecture, *known);
    if (!cost.valid()) return;
    sum.energy_pj += static_cast<double>(running(i).repeat) * cost.energy_pj;
    sum.cycles += static_cast<double>(running(i).repeat) * static_cast<double>(cost.cycles);
    families_[static_cast<std::size_t>(family_of(running(i).layer, 0U))]->add(pack(running(i).layer, *known));
  }
  guess_ = sum;
}

int ScheduleGraph::state(int layer, Alive alive) {
  std::erase_if(alive,
                [&](int writer) { return request_.network.last_reader[static_cast<std::size_t>(writer)] < layer; });
  const auto [place, added] = places_.try_emplace({layer, alive}, static_cast<int>(states_.size()));
  if (added) states_.push_back({layer, std::move(alive), {}});
  return place->second;
}

void ScheduleGraph::expand(int s) {
  if (states_[static_cast<std::size_t>(s)].layer == count_of_layers()) return;
  alone(s);
  if (request_.fusion == Fusion::bands && home_) groups(s);
}

void ScheduleGraph::add_edge(int from, Edge edge, int next_layer, Alive alive) {
  edge.to = state(next_layer, std::move(alive));
  states_[static_cast<std::size_t>(from)].edges.push_back(static_cast<int>(edges_.size()));
  edges_.push_back(std::move(edge));
}

int ScheduleGraph::family_of(const Layer& layer, unsigned living) {
  const auto [place, added] =
      family_places_.try_emplace({shape_key(layer), living}, static_cast<int>(families_.size()));
  if (added) {
    MapRequest base;
    base.layer = layer;
    base.architecture = request_.architecture;
    base.rules = rules_of(request_.rules, layer);
    base.objective = request_.objective;
    base.bypass = request_.bypass;
    base.time_s = request_.time_s;
    base.memory_mb = request_.memory_mb;
    base.stop = request_.stop;
    base.threads = request_.threads;
    HomeLevel home = home_.value_or(HomeLevel{});
    if (!home_) home.capacity_words = std::numeric_limits<std::int64_t>::max();
    families_.push_back(std::make_unique<ResidentLayer>(base, home, living));
  }
  return place->second;
}

Term ScheduleGraph::term(int layer, const Layer& part, unsigned living, std::int64_t room, double runs) {
  Term term;
  term.layer = layer;
  term.family = family_of(part, living);
  term.living = living;
  term.room = room;
  term.runs = runs;
  const auto [place, added] = question_places_.try_emplace({term.family, room}, static_cast<int>(questions_.size()));
  if (added) questions_.emplace_back(term.family, room);
  term.question = place->second;
  return term;
}

std::int64_t ScheduleGraph::home_words(const Layer& layer, int tensor) const {
  const Tensor& own = layer.tensors[static_cast<std::size_t>(tensor)];
  return memory_words(request_.architecture.levels[static_cast<std::size_t>(home_->level)], own, elements(layer, own));
}

std::int64_t ScheduleGraph::alive_words(const Alive& alive) const {
  std::int64_t words = 0;
  for (const int writer : alive) words += home_words(running(writer).layer, running(writer).outputs);
  return words;
}

// One more read of each result that is added to this layer's, from where it lives.
CostPoint ScheduleGraph::additions(int layer, const Alive& alive) const {
  CostPoint cost;
  const RunningLayer& run = running(layer);
  const Tensor& tensor = run.layer.tensors[static_cast<std::size_t>(run.outputs)];
  for (const RunningAdd& add : request_.network.adds) {
    if (add.into != layer) continue;
    const auto words = static_cast<double>(add.words), repeat = static_cast<double>(run.repeat);
    const bool lives = contains(alive, add.from);
    const Level& from = lives ? request_.architecture.levels[static_cast<std::size_t>(home_->level)]
                              : request_.architecture.levels.back();
    const AccessCost price(from, tensor);
    cost.energy_pj += repeat * price.accesses(words) * price.read_pj;
    if (!lives) cost.cycles += repeat * words * price.rate / words_per_cycle(from);
  }
  return cost;
}

// All weights from the outermost memory into the home level, once.
CostPoint ScheduleGraph::pinning(const Layer& layer, int weights) const {
  const Tensor& tensor = layer.tensors[static_cast<std::size_t>(weights)];
  const auto words = static_cast<double>(elements(layer, tensor));
  const AccessCost outer(request_.architecture.levels.back(), tensor);
  const AccessCost home(request_.architecture.levels[static_cast<std::size_t>(home_->level)], tensor);
  return {outer.accesses(words) * outer.read_pj + home.accesses(words) * home.fill_pj,
          words * outer.rate / words_per_cycle(request_.architecture.levels.back())};
}

void ScheduleGraph::alone(int s) {
  const int i = states_[static_cast<std::size_t>(s)].layer;
  const Alive alive = states_[static_cast<std::size_t>(s)].alive;
  const RunningLayer& run = running(i);
  unsigned living = 0;
  if (run.reads && contains(alive, *run.reads)) living |= bit(run.inputs);
  if (run.reads_weights && contains(alive, *run.reads_weights)) living |= bit(run.weights);
  for (const bool stays : {false, true}) {
    if (stays && may_live_[static_cast<std::size_t>(i)] == 0) continue;
    std::int64_t room = home_ ? home_->capacity_words : std::numeric_limits<std::int64_t>::max();
    std::int64_t reserved = 0;
    if (home_) {
      reserved = alive_words(alive) + (stays ? home_words(run.layer, run.outputs) : 0);
      room -= reserved;
    }
    if (room < 0) continue;
    Edge edge;
    edge.terms.push_back(
        term(i, run.layer, living | (stays ? bit(run.outputs) : 0U), room, static_cast<double>(run.repeat)));
    edge.more = additions(i, alive);
    edge.step.first = edge.step.last = i;
    edge.step.result_lives = stays;
    edge.step.alive = alive;
    edge.step.reserved_words = reserved;
    Alive next = alive;
    if (stays) next.push_back(i);
    add_edge(s, std::move(edge), i + 1, std::move(next));
  }
}

// Every result but the last is read by the next layer only, as it was written, and nothing is added inside.
bool ScheduleGraph::may_group(int first, int last) const {
  const RunningNetwork& network = request_.network;
  for (int l = first; l < last; ++l) {
    const auto at = static_cast<std::size_t>(l);
    if (network.for_next_only[at] == 0 || may_live_[at] == 0 || running(l + 1).reads != l) return false;
  }
  return std::none_of(network.adds.begin(), network.adds.end(), [&](const RunningAdd& add) {
    return (add.from >= first && add.from < last) ||
           (add.into >= first && (add.into < last || (add.into == last && !request_.adds_end_groups)));
  });
}

// The axis of every layer of a group that a row of the last one needs; none where bands cannot pass.
std::optional<std::vector<RowAxis>> ScheduleGraph::axes_of(int first, int last, const RowAxis& of_last) const {
  std::vector<RowAxis> axes = {of_last};
  for (int l = last; l > first; --l) {
    const RunningLayer& before = running(l - 1);
    const auto feeds = std::find_if(before.axes.begin(), before.axes.end(), [&](const RowAxis& axis) {
      const auto fed = axis_fed_by(before, axis, running(l));
      return fed && fed->dimension == axes.front().dimension;
    });
    if (feeds == before.axes.end()) return std::nullopt;
    axes.insert(axes.begin(), *feeds);
  }
  return axes;
}

void ScheduleGraph::groups(int s) {
  const int i = states_[static_cast<std::size_t>(s)].layer;
  const Alive alive = states_[static_cast<std::size_t>(s)].alive;
  if (running(i).reads && contains(alive, *running(i).reads)) return;  // a group reads the outermost memory
  const int last = std::min(count_of_layers() - 1, i + request_.longest_group - 1);
  for (int j = i + 1; j <= last; ++j) {
    if (!may_group(i, j)) {
      // Longer groups have the same results inside; an addition that ends this one is inside of them.
      const bool passes = request_.network.for_next_only[static_cast<std::size_t>(j) - 1] != 0;
      if (!passes) break;
      continue;
    }
    for (const RowAxis& axis : running(j).axes) {
      const auto axes = axes_of(i, j, axis);
      if (!axes) continue;
      for (std::int64_t count = 2; count <= axis.rows; ++count) {
        if (axis.rows % count != 0) continue;
        for (const bool pinned : {false, true}) {
          for (const bool retain : {false, true}) bands(s, j, *axes, count, pinned, retain);
        }
      }
    }
  }
}

void ScheduleGraph::bands(int s, int last, const std::vector<RowAxis>& axes, std::int64_t count, bool pinned,
                          bool retain) {
  const int first = states_[static_cast<std::size_t>(s)].layer;
  const Alive alive = states_[static_cast<std::size_t>(s)].alive;
  const std::size_t size = axes.size();
  // Rows of every layer that a band needs, and those by which the next band moves on.
  std::vector<std::int64_t> need(size), move(size), reach(size);
  need.back() = move.back() = axes.back().rows / count;
  bool shared = false;
  for (std::size_t l = size - 1; l-- > 0;) {
    reach[l] = axes[l + 1].need(need[l + 1]);
    need[l] = std::min(reach[l], axes[l].rows);
    move[l] = axes[l + 1].stride * move[l + 1];
    shared = shared || move[l] < need[l];
  }
  if (retain && !shared) return;
  std::int64_t pinned_words = 0, all_bands = 0;
  std::vector<std::int64_t> band(size, 0);
  const CostPoint added = additions(last, alive);
  CostPoint pinning_cost;
  for (std::size_t l = 0; l < size; ++l) {
    const RunningLayer& run = running(first + static_cast<int>(l));
    if (l + 1 < size) band[l] = home_words(with_rows(run.layer, axes[l], need[l]), run.outputs);
    all_bands += band[l];
    const bool lives = run.reads_weights && contains(alive, *run.reads_weights);
    if (!pinned || lives) continue;
    if (run.weights < 0 || (allowed_[static_cast<std::size_t>(first) + l] & bit(run.weights)) == 0) return;
    pinned_words += home_words(run.layer, run.weights);
    const CostPoint once = pinning(run.layer, run.weights);
    pinning_cost.energy_pj += static_cast<double>(run.repeat) * once.energy_pj;
    pinning_cost.cycles += static_cast<double>(run.repeat) * once.cycles;
  }
  const std::int64_t left = home_->capacity_words - alive_words(alive) - pinned_words;
  if (left < 0 || (retain && left < all_bands)) return;
  Edge edge;
  edge.more = {added.energy_pj + pinning_cost.energy_pj, added.cycles + pinning_cost.cycles};
  edge.step.pinning = pinning_cost;
  edge.step.first = first;
  edge.step.last = last;
  edge.step.bands = count;
  edge.step.dimension = axes.back().dimension;
  edge.step.pinned = pinned;
  edge.step.retain = retain;
  edge.step.alive = alive;
  for (std::size_t l = 0; l < size; ++l) {
    const int i = first + static_cast<int>(l);
    const RunningLayer& run = running(i);
    const std::int64_t bands_here = retain ? all_bands : (l > 0 ? band[l - 1] : 0) + band[l];
    const std::int64_t room = left - bands_here;
    if (room < 0) return;
    edge.step.reserved_words = std::max(edge.step.reserved_words, home_->capacity_words - room);
    unsigned living = (l > 0 ? bit(run.inputs) : 0U) | (l + 1 < size ? bit(run.outputs) : 0U);
    if (pinned || (run.reads_weights && contains(alive, *run.reads_weights))) living |= bit(run.weights);
    const auto repeat = static_cast<double>(run.repeat);
    if (!retain || move[l] >= need[l]) {
      edge.terms.push_back(
          term(i, with_rows(run.layer, axes[l], need[l]), living, room, repeat * static_cast<double>(count)));
      continue;
    }
    // The rows before the first are padding: nobody computes them.
    const std::int64_t rows = std::clamp<std::int64_t>(reach[l] - axes[l + 1].padding, 1, axes[l].rows);
    edge.terms.push_back(term(i, with_rows(run.layer, axes[l], rows), living, room, repeat));
    edge.terms.push_back(
        term(i, with_rows(run.layer, axes[l], move[l]), living, room, repeat * static_cast<double>(count - 1)));
  }
  add_edge(s, std::move(edge), last + 1, alive);
}

std::vector<int> ScheduleGraph::shortest(double price, bool known, double& cost) const {
  std::vector<double> answers;
  answers.reserve(questions_.size());
  for (const auto& [f, room] : questions_) {
    if (!known) {
      answers.push_back(family(f).bound(price, room));
      continue;
    }
    const ResidentPoint* point = family(f).best(price, room);
    answers.push_back(point == nullptr ? infinity : point->point.energy_pj + price * point->point.cycles);
  }
  std::vector<double> to_end(states_.size(), infinity);
  std::vector<int> chosen(states_.size(), -1);
  for (const int s : order_) {
    const auto at = static_cast<std::size_t>(s);
    if (states_[at].layer == count_of_layers()) to_end[at] = 0.0;
    for (const int e : states_[at].edges) {
      const Edge& edge = edges_[static_cast<std::size_t>(e)];
      double sum = to_end[static_cast<std::size_t>(edge.to)] + edge.more.energy_pj + price * edge.more.cycles;
      for (const Term& term : edge.terms) sum += term.runs * answers[static_cast<std::size_t>(term.question)];
      if (sum < to_end[at]) {
        to_end[at] = sum;
        chosen[at] = e;
      }
    }
  }
  cost = to_end.front();
  std::vector<int> path;
  for (int s = 0; chosen[static_cast<std::size_t>(s)] >= 0;) {
    path.push_back(chosen[static_cast<std::size_t>(s)]);
    s = edges_[static_cast<std::size_t>(path.back())].to;
  }
  return path;
}

void ScheduleGraph::count(FusedMapResult& result) const {
  result.problems = static_cast<std::int64_t>(questions_.size());
  for (const auto& family : families_) {
    result.evaluations += family->evaluations();
    result.labels += family->labels();
    result.searches += family->searches();
  }
}

}  // namespace dovetail
