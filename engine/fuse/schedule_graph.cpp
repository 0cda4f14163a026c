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
  find_no_room();
  order_.resize(states_.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    return states_[static_cast<std::size_t>(a)].layer > states_[static_cast<std::size_t>(b)].layer;
  });
  family_questions_.resize(families_.size());
  question_edges_.resize(questions_.size());
  for (std::size_t q = 0; q < questions_.size(); ++q)
    family_questions_[static_cast<std::size_t>(questions_[q].first)].push_back(static_cast<int>(q));
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    for (const Term& term : edges_[e].terms)
      question_edges_[static_cast<std::size_t>(term.question)].push_back(static_cast<int>(e));
  }
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
    families_[static_cast<std::size_t>(family_of(i, running(i).layer, 0U))]->add(pack(running(i).layer, *known));
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

int ScheduleGraph::family_of(int whole, const Layer& layer, unsigned living) {
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
    family_shapes_.push_back(shape_key(running(whole).layer));
    kin_[family_shapes_.back()].push_back(place->second);
    families_.push_back(std::make_unique<ResidentLayer>(base, home, living));
  }
  return place->second;
}

Term ScheduleGraph::term(int layer, const Layer& part, unsigned living, std::int64_t room, double runs) {
  Term term;
  term.layer = layer;
  term.family = family_of(layer, part, living);
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
    std::vector<std::vector<RowAxis>> all;
    for (const RowAxis& axis : running(j).axes) {
      if (auto axes = axes_of(i, j, axis)) all.push_back(std::move(*axes));
    }
    for (const std::vector<RowAxis>& axes : all) {
      for (std::int64_t count = 2; count <= axes.back().rows; ++count) {
        if (axes.back().rows % count == 0) cuts(s, j, {axes, {}, count, 1});
      }
    }
    if (all.size() != 2) continue;
    // Heads, and rows of every part of them.
    for (std::int64_t parts = 2; parts <= all[0].back().rows; ++parts) {
      for (std::int64_t count = 2; count <= all[1].back().rows && all[0].back().rows % parts == 0; ++count) {
        if (all[1].back().rows % count == 0) cuts(s, j, {all[1], all[0], count, parts});
      }
    }
  }
}

void ScheduleGraph::cuts(int s, int last, Cut cut) {
  for (const bool pinned : {false, true}) {
    for (const bool retain : {false, true}) {
      cut.pinned = pinned;
      cut.retain = retain;
      bands(s, last, cut);
    }
  }
}

Layer ScheduleGraph::part_of(int layer, const Cut& cut, std::size_t position) const {
  if (cut.outer.empty()) return running(layer).layer;
  return with_rows(running(layer).layer, cut.outer[position], cut.outer[position].rows / cut.parts);
}

void ScheduleGraph::bands(int s, int last, const Cut& cut) {
  const int first = states_[static_cast<std::size_t>(s)].layer;
  const Alive alive = states_[static_cast<std::size_t>(s)].alive;
  const std::vector<RowAxis>& axes = cut.axes;
  const std::size_t size = axes.size();
  // Rows of every layer that a band needs, and those by which the next band moves on.
  std::vector<std::int64_t> need(size), move(size), reach(size);
  need.back() = move.back() = axes.back().rows / cut.bands;
  bool shared = false;
  for (std::size_t l = size - 1; l-- > 0;) {
    reach[l] = axes[l + 1].need(need[l + 1]);
    need[l] = std::min(reach[l], axes[l].rows);
    move[l] = axes[l + 1].stride * move[l + 1];
    shared = shared || move[l] < need[l];
  }
  if (cut.retain && !shared) return;
  std::int64_t pinned_words = 0, all_bands = 0;
  std::vector<std::int64_t> band(size, 0);
  std::vector<Layer> parts;
  const CostPoint added = additions(last, alive);
  CostPoint pinning_cost;
  for (std::size_t l = 0; l < size; ++l) {
    const RunningLayer& run = running(first + static_cast<int>(l));
    parts.push_back(part_of(first + static_cast<int>(l), cut, l));
    if (l + 1 < size) band[l] = home_words(with_rows(parts[l], axes[l], need[l]), run.outputs);
    all_bands += band[l];
    const bool lives = run.reads_weights && contains(alive, *run.reads_weights);
    if (!cut.pinned || lives) continue;
    if (run.weights < 0 || (allowed_[static_cast<std::size_t>(first) + l] & bit(run.weights)) == 0) return;
    pinned_words += home_words(parts[l], run.weights);
    const CostPoint once = pinning(run.layer, run.weights);
    pinning_cost.energy_pj += static_cast<double>(run.repeat) * once.energy_pj;
    pinning_cost.cycles += static_cast<double>(run.repeat) * once.cycles;
  }
  Edge edge;
  edge.more = {added.energy_pj + pinning_cost.energy_pj, added.cycles + pinning_cost.cycles};
  edge.step.pinning = pinning_cost;
  edge.step.first = first;
  edge.step.last = last;
  edge.step.bands = cut.bands * cut.parts;
  edge.step.dimension = axes.back().dimension;
  edge.step.parts = cut.parts;
  if (cut.parts > 1) edge.step.part_dimension = cut.outer.back().dimension;
  edge.step.pinned = cut.pinned;
  edge.step.retain = cut.retain;
  edge.step.alive = alive;
  const std::int64_t left = home_->capacity_words - alive_words(alive) - pinned_words;
  std::int64_t needed = 0;
  for (std::size_t l = 0; l < size; ++l) {
    const int i = first + static_cast<int>(l);
    const RunningLayer& run = running(i);
    const std::int64_t bands_here = cut.retain ? all_bands : (l > 0 ? band[l - 1] : 0) + band[l];
    const std::int64_t room = left - bands_here;
    edge.step.reserved_words = std::max(edge.step.reserved_words, home_->capacity_words - room);
    unsigned living = (l > 0 ? bit(run.inputs) : 0U) | (l + 1 < size ? bit(run.outputs) : 0U);
    if (cut.pinned || (run.reads_weights && contains(alive, *run.reads_weights))) living |= bit(run.weights);
    const double repeat = static_cast<double>(run.repeat) * static_cast<double>(cut.parts);
    const auto runs = [&](std::int64_t rows, std::int64_t times) {
      const Layer part = with_rows(parts[l], axes[l], rows);
      needed = std::max(needed, home_->capacity_words - room + least_words(i, part, living));
      if (needed <= home_->capacity_words)
        edge.terms.push_back(term(i, part, living, room, repeat * static_cast<double>(times)));
    };
    if (!cut.retain || move[l] >= need[l]) {
      runs(need[l], cut.bands);
      continue;
    }
    // The rows before the first are padding: nobody computes them.
    runs(std::clamp<std::int64_t>(reach[l] - axes[l + 1].padding, 1, axes[l].rows), 1);
    runs(move[l], cut.bands - 1);
  }
  if (alive.empty()) {
    const auto [at, added_now] = group_needs_.try_emplace({first, last, cut.pinned}, needed, edge.step.bands);
    if (!added_now && needed < at->second.first) at->second = {needed, edge.step.bands};
  }
  if (needed <= home_->capacity_words) add_edge(s, std::move(edge), last + 1, alive);
}

std::vector<int> ScheduleGraph::relatives(int family) const {
  const auto operations = [&](int f) { return static_cast<double>(macs(this->family(f).layer())); };
  const double own = operations(family);
  std::vector<std::pair<double, int>> alike;
  for (const int other : kin_.at(family_shapes_[static_cast<std::size_t>(family)])) {
    if (other == family || this->family(other).points().empty()) continue;
    const double ratio = operations(other) / own;
    alike.emplace_back(std::max(ratio, 1.0 / ratio), other);
  }
  std::stable_sort(alike.begin(), alike.end());
  std::vector<int> families;
  for (const auto& [ratio, other] : alike) families.push_back(other);
  return families;
}

// Words of the home level that a layer's other tiles take at least.
std::int64_t ScheduleGraph::least_words(int layer, const Layer& part, unsigned living) {
  std::array<std::int64_t, 2> rows{};
  for (std::size_t a = 0; a < std::min<std::size_t>(rows.size(), running(layer).axes.size()); ++a)
    rows[a] = part.dimensions[static_cast<std::size_t>(running(layer).axes[a].dimension)].extent;
  const auto [known, added] = least_words_.try_emplace({layer, rows, living}, 0);
  if (added) {
    MapRequest request;
    request.layer = part;
    request.architecture = request_.architecture;
    request.rules = rules_of(request_.rules, part);
    request.bypass = request_.bypass;
    known->second = least_tile_words(request, home_->level, living);
  }
  return known->second;
}

// Results, groups and their weights that lack words even if nothing else lives.
void ScheduleGraph::find_no_room() {
  if (!home_ || request_.fusion == Fusion::none) return;
  const std::int64_t capacity = home_->capacity_words;
  for (int i = 0; i < count_of_layers(); ++i) {
    if (may_live_[static_cast<std::size_t>(i)] == 0) continue;
    const int last = request_.network.last_reader[static_cast<std::size_t>(i)];
    const std::int64_t words = home_words(running(i).layer, running(i).outputs);
    std::int64_t needed = words + least_words(i, running(i).layer, bit(running(i).outputs));
    for (int k = i + 1; k <= last; ++k) {
      const RunningLayer& run = running(k);
      const unsigned living =
          (run.reads == i ? bit(run.inputs) : 0U) | (run.reads_weights == i ? bit(run.weights) : 0U);
      needed = std::max(needed, words + least_words(k, run.layer, living));
    }
    if (needed <= capacity) continue;
    const bool skip = std::any_of(request_.network.adds.begin(), request_.network.adds.end(),
                                  [&](const RunningAdd& add) { return add.from == i && add.into == last; });
    no_room_.push_back({skip ? NoRoom::What::skip : NoRoom::What::result, i, last, needed, 1});
  }
  for (const auto& [group, least] : group_needs_) {
    const auto [first, last, pinned] = group;
    const auto needs = [&](int from, int to, bool with_weights) {
      const auto found = group_needs_.find({from, to, with_weights});
      return found == group_needs_.end() ? 0 : found->second.first;
    };
    // A part of it that lacks words says so itself.
    const bool within = needs(first, last - 1, pinned) > capacity || needs(first + 1, last, pinned) > capacity;
    if (least.first <= capacity || within || (pinned && needs(first, last, false) > capacity)) continue;
    no_room_.push_back({pinned ? NoRoom::What::weights : NoRoom::What::group, first, last, least.first, least.second});
  }
}

double ScheduleGraph::answer(int question, double price, bool known) const {
  const auto [f, room] = questions_[static_cast<std::size_t>(question)];
  if (!known) return family(f).bound(price, room);
  const ResidentPoint* point = family(f).best(price, room);
  return point == nullptr ? infinity : point->point.energy_pj + price * point->point.cycles;
}

double ScheduleGraph::cost(const Edge& edge, const View& view) const {
  double sum = edge.more.energy_pj + view.price * edge.more.cycles;
  for (const Term& term : edge.terms) sum += term.runs * view.answers[static_cast<std::size_t>(term.question)];
  return sum;
}

const ScheduleGraph::View& ScheduleGraph::view(double price, bool known) const {
  View& view = views_[known ? 1 : 0];
  if (view.price != price) {
    view.price = price;
    view.answers.assign(questions_.size(), infinity);
    view.costs.assign(edges_.size(), infinity);
    view.seen.assign(families_.size(), std::numeric_limits<std::size_t>::max());
  }
  std::vector<int> moved;
  for (std::size_t f = 0; f < families_.size(); ++f) {
    if (view.seen[f] == families_[f]->changes()) continue;
    view.seen[f] = families_[f]->changes();
    for (const int q : family_questions_[f]) {
      double& before = view.answers[static_cast<std::size_t>(q)];
      const double now = answer(q, price, known);
      if (now == before) continue;
      before = now;
      moved.push_back(q);
    }
  }
  for (const int q : moved) {
    for (const int e : question_edges_[static_cast<std::size_t>(q)])
      view.costs[static_cast<std::size_t>(e)] = cost(edges_[static_cast<std::size_t>(e)], view);
  }
  return view;
}

std::vector<double> ScheduleGraph::distances(const View& view, std::vector<int>& chosen) const {
  std::vector<double> to_end(states_.size(), infinity);
  chosen.assign(states_.size(), -1);
  for (const int s : order_) {
    const auto at = static_cast<std::size_t>(s);
    if (is_end(s)) to_end[at] = 0.0;
    for (const int e : states_[at].edges) {
      const double sum = to_end[static_cast<std::size_t>(edges_[static_cast<std::size_t>(e)].to)] +
                         view.costs[static_cast<std::size_t>(e)];
      if (sum < to_end[at]) {
        to_end[at] = sum;
        chosen[at] = e;
      }
    }
  }
  return to_end;
}

std::vector<int> ScheduleGraph::shortest(double price, bool known, double& cost) const {
  std::vector<int> chosen;
  cost = distances(view(price, known), chosen).front();
  std::vector<int> path;
  for (int s = 0; chosen[static_cast<std::size_t>(s)] >= 0;) {
    path.push_back(chosen[static_cast<std::size_t>(s)]);
    s = edges_[static_cast<std::size_t>(path.back())].to;
  }
  return path;
}

std::vector<double> ScheduleGraph::to_end(double price) const {
  std::vector<int> chosen;
  return distances(view(price, false), chosen);
}

std::vector<double> ScheduleGraph::from_start(double price) const {
  const View& bounds = view(price, false);
  std::vector<double> from(states_.size(), infinity);
  from.front() = 0.0;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    for (const int e : states_[static_cast<std::size_t>(*at)].edges) {
      double& there = from[static_cast<std::size_t>(edges_[static_cast<std::size_t>(e)].to)];
      there = std::min(there, from[static_cast<std::size_t>(*at)] + bounds.costs[static_cast<std::size_t>(e)]);
    }
  }
  return from;
}

double ScheduleGraph::least_cost(int edge, double price) const {
  return view(price, false).costs[static_cast<std::size_t>(edge)];
}

void ScheduleGraph::count(FusedMapResult& result) const {
  result.no_room = no_room_;
  result.problems = static_cast<std::int64_t>(questions_.size());
  for (const auto& family : families_) {
    result.evaluations += family->evaluations();
    result.labels += family->labels();
    result.searches += family->searches();
  }
}

}  // namespace dovetail
