// The bound of a space from what its layers would choose (see the header).
#include <dovetail/engine/codesign/space_proof.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <map>
#include <mutex>
#include <numeric>
#include <queue>
#include <utility>

#include <fmt/format.h>

#include <dovetail/engine/bound/toll_search.hpp>
#include <dovetail/engine/codesign/shape_class.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double rounding = 1e-9;
constexpr std::size_t most_shapes = 10'000;
constexpr std::int64_t round_size = 4;          // nodes at a time, whatever the threads,
constexpr std::int64_t round_labels = 50'000;   // for which so much effort each is left
constexpr std::size_t search_labels = 2'000'000;  // of one stage: then a layer's search gives up
constexpr std::int64_t search_overhead = 2'000;   // of a layer's search, in labels
// UsedLayer of the objective's own slope at which a cycle is priced: with less, the corner at Cmin decides, and Emin may be
// as loose as our bounds of it are.
constexpr double price_share = 0.8;
// Gaps that are reached one after the other: coarse ones exclude most of the space for little.
constexpr double stages[] = {0.2, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01, 0.007, 0.005, 0.003, 0.002, 0.001, 0.0};

// A layer as a network has it.
struct UsedLayer {
  std::size_t network = 0, layer = 0;
  double count = 1.0;
};

// Of a network in a class.
struct Slope {
  double price = 0.0;  // pJ per cycle
  double energy_pj = 0.0, cycles = 0.0;  // no machine has less
};

struct Shapes {
  ShapeClass shape;
  std::vector<Slope> lines;  // per network
  std::vector<CompulsoryCost> costs;  // per layer, at a glance
  std::vector<std::unique_ptr<TollSearch>> searches;  // per layer, when first asked
  std::unique_ptr<std::once_flag[]> built;
  bool priced = false;
};

// What is known of a use within a box.
struct Wish {
  double value = 0.0;  // no machine of the box has less energy + price x cycles
  bool settled = false;  // it is a mapping's
  bool stuck = false;    // its search gave up
  bool searched = false;
  double energy_pj = 0.0, cycles = 0.0;
  std::array<double, max_levels> wants{};  // of each capacity's parameter
};

struct SpacePart {
  std::shared_ptr<Shapes> shapes;
  Box box;
  std::vector<Wish> choices;
  double bound = 0.0;
  std::int64_t order = 0;
  bool asked = false;  // about the machine that its layers agree on
};

struct Later {
  bool operator()(const SpacePart& a, const SpacePart& b) const {
    return std::pair(a.bound, a.order) > std::pair(b.bound, b.order);
  }
};

bool is_point(const Box& box) {
  return box.low == box.high;
}

}  // namespace

struct SpaceProof::Impl {
  explicit Impl(const Codesign& study) : codesign(study), space(study.space()), terms(study.terms()) {}

  // What a node turns into.
  struct Result {
    std::vector<SpacePart> nodes;
    std::optional<Point> ask;
    std::int64_t searches = 0, effort = 0;
  };

  void start(const Limits& limits);
  std::shared_ptr<Shapes> shapes_of(ShapeClass shape, const Shapes* whole, double& bound) const;
  const TollSearch& search(Shapes& shapes, std::size_t layer) const;
  void price(Shapes& shapes) const;
  void glance(SpacePart& node) const;
  double network_value(const Slope& line, double sum) const;
  double value(const Shapes& shapes, const std::vector<double>& sums) const;
  double enough(const Shapes& shapes, std::vector<double> sums, std::size_t network, double target) const;
  std::vector<double> sums(const SpacePart& node) const;
  bool raise(SpacePart& node, double target, const Limits& limits, Result& result) const;
  Result work(SpacePart node, double target, const Limits& limits) const;
  void branch(SpacePart node, const Limits& limits, Result& result) const;
  bool split_capacity(const SpacePart& node, Result& result) const;
  std::optional<Point> machine(const SpacePart& node) const;
  void cut(const SpacePart& node, std::size_t parameter, double last, Result& result) const;
  void inherit(const SpacePart& node, Box box, std::shared_ptr<Shapes> shapes, Result& result) const;
  void push(std::vector<SpacePart> nodes);
  double step_after(const SpacePart& node, std::size_t parameter, double number) const;

  const Codesign& codesign;
  const Space& space;
  const StudyTerms& terms;
  std::vector<UsedLayer> uses;
  std::vector<std::size_t> order;  // of uses, the heaviest first
  std::priority_queue<SpacePart, std::vector<SpacePart>, Later> open;
  std::vector<std::pair<double, double>> hints;  // per use: energy, cycles of the last root
  std::map<Point, double> proven;
  std::map<Point, double> machines;  // of which nothing is open but their own bound
  std::map<Point, char> asked;
  std::deque<Point> questions;  // of a round's nodes, in their order
  bool started = false, known = false, limited_area = false;
  std::int64_t count = 0, searches = 0, effort = 0, classes = 0;
};

const TollSearch& SpaceProof::Impl::search(Shapes& shapes, std::size_t layer) const {
  std::call_once(shapes.built[layer], [&] {
    shapes.searches[layer] = std::make_unique<TollSearch>(codesign.work().layers[layer]->layer, shapes.shape.machine,
                                                          shapes.shape.rules[layer], terms.bypass);
  });
  return *shapes.searches[layer];
}

// With what a glance shows: the class is worth a look while that is below the incumbent.
std::shared_ptr<Shapes> SpaceProof::Impl::shapes_of(ShapeClass shape, const Shapes* whole, double& bound) const {
  auto shapes = std::make_shared<Shapes>();
  shapes->shape = std::move(shape);
  const std::size_t layers = codesign.work().layers.size();
  shapes->searches.resize(layers);
  shapes->built = std::make_unique<std::once_flag[]>(layers);
  std::vector<std::size_t> all(layers);
  std::iota(all.begin(), all.end(), 0);
  std::vector<CompulsoryCost>& costs = shapes->costs;
  costs.resize(layers);
  bound = codesign.bound(shapes->shape.machine, shapes->shape.rules, all, costs);
  const MappingObjective& objective = codesign.objective();
  shapes->lines.resize(codesign.work().networks.size());
  for (const UsedLayer& use : uses) {
    Slope& line = shapes->lines[use.network];
    line.energy_pj += use.count * costs[use.layer].energy_pj;
    line.cycles += use.count * costs[use.layer].cycles;
  }
  for (std::size_t n = 0; n < shapes->lines.size() && whole != nullptr; ++n) {
    Slope& line = shapes->lines[n];
    line.price = whole->lines[n].price;  // what is known of sums at this price is known of a part
    line.energy_pj = std::max(line.energy_pj, whole->lines[n].energy_pj);
    line.cycles = std::max(line.cycles, whole->lines[n].cycles);
  }
  for (Slope& line : shapes->lines)
    if (whole == nullptr) line.price = price_share * objective.cycles_power / objective.energy_power * line.energy_pj / line.cycles;
  return shapes;
}

void SpaceProof::Impl::glance(SpacePart& node) const {
  for (std::size_t u = 0; u < uses.size(); ++u) {
    const CompulsoryCost& cost = node.shapes->costs[uses[u].layer];
    double& value = node.choices[u].value;
    value = std::max(value, cost.energy_pj + node.shapes->lines[uses[u].network].price * cost.cycles);
  }
}

// The searches' own bounds of energy and cycles, before the first of them.
void SpaceProof::Impl::price(Shapes& shapes) const {
  std::vector<Slope> found(shapes.lines.size());
  std::map<std::size_t, TollSearch::Root> roots;
  for (const UsedLayer& use : uses) {
    const auto [at, added] = roots.try_emplace(use.layer);
    if (added) {
      const TollSearch& own = search(shapes, use.layer);
      at->second = own.root(shapes.shape.toll(shapes.shape.box, own.problem()));
    }
    found[use.network].energy_pj += use.count * at->second.energy_pj;
    found[use.network].cycles += use.count * at->second.cycles;
  }
  for (std::size_t n = 0; n < found.size(); ++n) {
    shapes.lines[n].energy_pj = std::max(shapes.lines[n].energy_pj, found[n].energy_pj);
    shapes.lines[n].cycles = std::max(shapes.lines[n].cycles, found[n].cycles);
  }
  shapes.priced = true;
}

// The least objective with energy + price x cycles >= sum.
double SpaceProof::Impl::network_value(const Slope& line, double sum) const {
  const MappingObjective& objective = codesign.objective();
  const double at_cycles = objective(std::max(line.energy_pj, sum - line.price * line.cycles), line.cycles);
  if (!(line.price > 0.0)) return at_cycles;
  return std::min(at_cycles,
                  objective(line.energy_pj, std::max(line.cycles, (sum - line.energy_pj) / line.price)));
}

double SpaceProof::Impl::value(const Shapes& shapes, const std::vector<double>& sums) const {
  double total = 0.0;
  for (std::size_t n = 0; n < sums.size(); ++n)
    total = terms.sum.add(total, codesign.work().networks[n].weight * network_value(shapes.lines[n], sums[n]));
  return total * (1.0 - rounding);
}

// The sum of a network from which all of them reach the target.
double SpaceProof::Impl::enough(const Shapes& shapes, std::vector<double> sums, std::size_t network,
                                double target) const {
  double low = sums[network], high = std::max(low, 1e-300);
  const auto reaches = [&](double sum) {
    sums[network] = sum;
    return value(shapes, sums) >= target;
  };
  for (int k = 0; k < 200 && !reaches(high); ++k) high *= 1.5;
  for (int k = 0; k < 60; ++k) {
    const double middle = low + (high - low) / 2.0;
    (reaches(middle) ? high : low) = middle;
  }
  return high;
}

std::vector<double> SpaceProof::Impl::sums(const SpacePart& node) const {
  std::vector<double> sums(codesign.work().networks.size(), 0.0);
  for (std::size_t u = 0; u < uses.size(); ++u) sums[uses[u].network] += uses[u].count * node.choices[u].value;
  return sums;
}

void SpaceProof::Impl::start(const Limits& limits) {
  started = true;
  const MappingObjective& objective = codesign.objective();
  if (!codesign.points_are_machines() || !(objective.energy_power > 0.0) || codesign.goal().objectives.size() > 1) return;
  if (!terms.loop_model_bounds(codesign.family().instantiate(codesign.family().default_point()))) return;
  for (std::size_t n = 0; n < codesign.work().networks.size(); ++n)
    for (const CountedLayer& use : codesign.work().networks[n].layers)
      uses.push_back({n, use.layer, static_cast<double>(use.count)});
  for (const Spec& spec : codesign.goal().specs) limited_area = limited_area || find_metric(spec.metric)->before_mapping;
  std::vector<ShapeClass> all = shape_classes(codesign, most_shapes, limits.threads);
  if (all.empty() || uses.empty()) return;
  std::vector<SpacePart> roots(all.size());
  parallel_for(all.size(), limits.threads, [&](std::size_t i) {
    SpacePart& root = roots[i];
    root.box = all[i].box;
    root.shapes = shapes_of(std::move(all[i]), nullptr, root.bound);
    root.choices.resize(uses.size());
    glance(root);
  });
  for (const SpacePart& root : roots)
    if (!(root.bound > 0.0)) return;
  classes = static_cast<std::int64_t>(roots.size());
  order.resize(uses.size());
  std::iota(order.begin(), order.end(), 0);
  const auto weight = [&](std::size_t u) {
    return codesign.work().networks[uses[u].network].weight * uses[u].count *
           static_cast<double>(macs(codesign.work().layers[uses[u].layer]->layer));
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  hints.resize(uses.size());
  known = true;
  push(std::move(roots));
}

void SpaceProof::Impl::push(std::vector<SpacePart> nodes) {
  for (SpacePart& node : nodes) {
    if (!(node.bound < infinity)) continue;
    node.order = count++;
    open.push(std::move(node));
  }
}

// Searches layers, the heaviest first, until the target is reached or all of them have chosen. True: all have.
bool SpaceProof::Impl::raise(SpacePart& node, double target, const Limits& limits, Result& result) const {
  Shapes& shapes = *node.shapes;
  const std::int64_t left = limits.effort - effort;  // as the round began
  if (limited_area && !terms.allows_area(least_area_um2(codesign, shapes.shape, node.box))) {
    node.bound = infinity;
    return false;
  }
  if (!shapes.priced) price(shapes);
  std::vector<double> so_far = sums(node);
  node.bound = std::max(node.bound, value(shapes, so_far));
  bool all = true;
  for (const std::size_t u : order) {
    Wish& choice = node.choices[u];
    if (choice.settled || choice.stuck) continue;
    if (node.bound >= target || result.effort >= left || (limits.stop && limits.stop())) return false;
    const UsedLayer& use = uses[u];
    const TollSearch& own = search(shapes, use.layer);
    const Slope& line = shapes.lines[use.network];
    TollSearch::Question question;
    question.price = line.price;
    question.known = choice.value;
    question.enough = choice.value + (enough(shapes, so_far, use.network, target) - so_far[use.network]) / use.count * (1.0 + 1e-9);
    question.near = choice.searched;
    if (!choice.searched && hints[u].first > 0.0) question.hint = hints[u].first + line.price * hints[u].second;
    question.most_labels = search_labels;
    question.stop = limits.stop;
    const TollSearch::Answer answer = own.least(shapes.shape.toll(node.box, own.problem()), question);
    ++result.searches;
    result.effort += answer.labels + search_overhead;
    so_far[use.network] += use.count * (std::max(choice.value, answer.bound) - choice.value);
    choice.value = std::max(choice.value, answer.bound);
    if (!(answer.bound < infinity)) {
      node.bound = infinity;
      return false;
    }
    choice.searched = true;
    choice.settled = answer.mapped;
    choice.energy_pj = answer.energy_pj;
    choice.cycles = answer.cycles;
    for (std::size_t l = 0; l < shapes.shape.machine.levels.size(); ++l)
      if (!shapes.shape.capacity[l].steps.empty()) choice.wants[l] = shapes.shape.value(l, node.box, answer.need[l]);
    if (!answer.mapped && choice.value < question.enough) choice.stuck = true;
    node.bound = std::max(node.bound, value(shapes, so_far));
    all = all && (choice.settled || choice.stuck);
  }
  return all && node.bound < target;
}

SpaceProof::Impl::Result SpaceProof::Impl::work(SpacePart node, double target, const Limits& limits) const {
  Result result;
  if (raise(node, target, limits, result))
    branch(std::move(node), limits, result);
  else
    result.nodes.push_back(std::move(node));
  return result;
}

// A part of a node: layers keep what they chose where the part has it.
void SpaceProof::Impl::inherit(const SpacePart& node, Box box, std::shared_ptr<Shapes> shapes, Result& result) const {
  if (!shrink(space, box)) return;
  SpacePart part{std::move(shapes), std::move(box), node.choices, node.bound, 0, false};
  const bool same = part.shapes == node.shapes;
  for (std::size_t u = 0; u < part.choices.size(); ++u) {
    Wish& choice = part.choices[u];
    choice.stuck = false;
    if (!same) choice.settled = false;  // what the mapping costs there is not known
    for (std::size_t l = 0; l < part.shapes->shape.machine.levels.size() && choice.settled; ++l) {
      if (part.shapes->shape.capacity[l].steps.empty()) continue;
      const auto p = static_cast<std::size_t>(part.shapes->shape.capacity[l].parameter);
      if (choice.wants[l] < part.box.low[p] || choice.wants[l] > part.box.high[p]) choice.settled = false;
    }
  }
  if (!same) glance(part);
  result.nodes.push_back(std::move(part));
}

// Two parts: a parameter up to `last`, and the rest.
void SpaceProof::Impl::cut(const SpacePart& node, std::size_t parameter, double last, Result& result) const {
  Box lower = node.box, upper = node.box;
  lower.high[parameter] = last;
  upper.low[parameter] = step_after(node, parameter, last);
  inherit(node, std::move(lower), node.shapes, result);
  inherit(node, std::move(upper), node.shapes, result);
}

double SpaceProof::Impl::step_after(const SpacePart&, std::size_t parameter, double number) const {
  const auto* integers = std::get_if<IntegerRange>(&space.parameters()[parameter].domain);
  return number + (integers != nullptr ? static_cast<double>(integers->step) : 1.0);
}

// Where layers disagree: at the value that costs both sides most.
bool SpaceProof::Impl::split_capacity(const SpacePart& node, Result& result) const {
  const ShapeClass& shape = node.shapes->shape;
  double best = 0.0, best_last = 0.0;
  std::size_t best_parameter = 0;
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
    if (shape.capacity[l].steps.empty()) continue;
    const auto p = static_cast<std::size_t>(shape.capacity[l].parameter);
    std::vector<double> values;
    for (const Wish& choice : node.choices)
      if (choice.settled) values.push_back(choice.wants[l]);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() < 2) continue;
    // Per use: what its accesses cost at each step.
    std::vector<double> up(values.size(), 0.0), down(values.size(), 0.0);
    for (std::size_t u = 0; u < uses.size(); ++u) {
      const Wish& choice = node.choices[u];
      if (!choice.settled) continue;
      const TollSearch& own = search(*node.shapes, uses[u].layer);
      const Toll toll = shape.toll(node.box, own.problem());
      const auto cost = [&](double number) {
        for (const CapacityStep& step : shape.capacity[l].steps)
          if (step.low <= number && number <= step.high) {
            const LevelToll& level = toll.level[l];
            return own.charge(level.rungs[level.rung(step.words)], l);
          }
        return 0.0;
      };
      const double weight = uses[u].count * codesign.work().networks[uses[u].network].weight;
      const double here = cost(choice.wants[l]);
      for (std::size_t k = 0; k + 1 < values.size(); ++k) {
        if (choice.wants[l] <= values[k])
          up[k] += weight * std::max(0.0, cost(step_after(node, p, values[k])) - here);
        else
          down[k] += weight * std::max(0.0, here - cost(values[k]));
      }
    }
    for (std::size_t k = 0; k + 1 < values.size(); ++k) {
      const double score = std::min(up[k], down[k]);
      if (score > best) best = score, best_last = values[k], best_parameter = p;
    }
  }
  if (!(best > 0.0)) return false;
  cut(node, best_parameter, best_last, result);
  return true;
}

// The best machine, as far as bounds show, that holds what the layers want.
std::optional<Point> SpaceProof::Impl::machine(const SpacePart& node) const {
  const ShapeClass& shape = node.shapes->shape;
  Point corner{node.box.high};
  for (std::size_t i = 0; i < corner.numbers.size(); ++i)
    if (codesign.family().ruling()[i] != 0) corner.numbers[i] = node.box.low[i];
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
    if (shape.capacity[l].steps.empty()) continue;
    const auto p = static_cast<std::size_t>(shape.capacity[l].parameter);
    corner.numbers[p] = node.box.low[p];
    for (const Wish& choice : node.choices)
      if (choice.settled) corner.numbers[p] = std::max(corner.numbers[p], choice.wants[l]);
  }
  std::optional<Point> best;
  double least = infinity;
  for (const Box& member : shape.members) {
    Point point = corner;
    for (std::size_t i = 0; i < point.numbers.size(); ++i)
      point.numbers[i] = std::clamp(point.numbers[i], member.low[i], member.high[i]);
    if (!space.contains(point)) continue;
    const double bound = codesign.bound_within(point);
    if (bound < least) least = bound, best = point;
  }
  return best;
}

// Parts of a node whose layers have chosen, or the machine to ask about first.
void SpaceProof::Impl::branch(SpacePart node, const Limits& limits, Result& result) const {
  if (is_point(node.box)) {
    const Point point{node.box.low};
    if (!space.contains(point)) return;
    result.ask = point;
    result.nodes.push_back(std::move(node));
    return;
  }
  if (split_capacity(node, result)) return;
  const std::optional<Point> best = machine(node);
  if (limits.ask && !node.asked && best && asked.find(*best) == asked.end()) {
    node.asked = true;
    result.ask = best;
    result.nodes.push_back(std::move(node));
    return;
  }
  const ShapeClass& shape = node.shapes->shape;
  if (!best) {
    // The machine is none of the space: what holds it back shows when less than it is excluded.
    for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
      if (shape.capacity[l].steps.empty()) continue;
      const auto p = static_cast<std::size_t>(shape.capacity[l].parameter);
      double wanted = node.box.low[p];
      for (const Wish& choice : node.choices)
        if (choice.settled) wanted = std::max(wanted, choice.wants[l]);
      if (wanted <= node.box.low[p]) continue;
      const auto* integers = std::get_if<IntegerRange>(&space.parameters()[p].domain);
      cut(node, p, wanted - (integers != nullptr ? static_cast<double>(integers->step) : 1.0), result);
      return;
    }
  }
  if (shape.members.size() > 1) {
    for (std::vector<Box>& half : by_price(codesign, shape.members)) {
      double bound = 0.0;
      ShapeClass own = narrowed(codesign, node.box, std::move(half));
      if (own.members.empty()) continue;
      Box box = own.box;
      std::shared_ptr<Shapes> part = shapes_of(std::move(own), node.shapes.get(), bound);
      inherit(node, std::move(box), std::move(part), result);
      if (!result.nodes.empty()) result.nodes.back().bound = std::max(result.nodes.back().bound, bound);
    }
    return;
  }
  // One shape: first what rules and bandwidths depend on, then more of a capacity than is wanted.
  int widest = -1;
  for (int i = 0; i < static_cast<int>(node.box.low.size()) && widest < 0; ++i) {
    bool capacity = false;
    for (std::size_t l = 0; l < shape.machine.levels.size(); ++l)
      capacity = capacity || (!shape.capacity[l].steps.empty() && shape.capacity[l].parameter == i);
    if (!capacity && choices(space, node.box, i) > 1.0) widest = i;
  }
  if (widest >= 0) {
    const auto [lower, upper] = halves(space, node.box, widest);
    for (const Box* half : {&lower, &upper}) {
      ShapeClass own = narrowed(codesign, *half, shape.members);
      if (own.members.empty()) continue;
      double bound = 0.0;
      Box box = own.box;
      std::shared_ptr<Shapes> part = shapes_of(std::move(own), node.shapes.get(), bound);
      inherit(node, std::move(box), std::move(part), result);
      if (!result.nodes.empty()) result.nodes.back().bound = std::max(result.nodes.back().bound, bound);
    }
    return;
  }
  for (std::size_t i = 0; i < node.box.low.size(); ++i) {
    if (node.box.low[i] == node.box.high[i]) continue;
    double wanted = node.box.low[i];
    for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
      if (shape.capacity[l].steps.empty() || shape.capacity[l].parameter != static_cast<int>(i)) continue;
      for (const Wish& choice : node.choices)
        if (choice.settled) wanted = std::max(wanted, choice.wants[l]);
    }
    if (wanted >= node.box.high[i]) {
      const auto [lower, upper] = halves(space, node.box, static_cast<int>(i));
      inherit(node, lower, node.shapes, result);
      inherit(node, upper, node.shapes, result);
    } else {
      cut(node, i, wanted, result);
    }
    return;
  }
}

SpaceProof::SpaceProof(const Codesign& codesign) : impl_(std::make_unique<Impl>(codesign)) {}
SpaceProof::~SpaceProof() = default;

bool SpaceProof::known(const Limits& limits) {
  if (!impl_->started) impl_->start(limits);
  return impl_->known;
}

void SpaceProof::prove(const Point& machine, double bound) {
  double& known = impl_->proven[machine];
  known = std::max(known, bound);
  if (const auto found = impl_->machines.find(machine); found != impl_->machines.end())
    found->second = std::max(found->second, bound);
}

std::optional<Point> SpaceProof::next(double incumbent, const Limits& limits) {
  if (!known(limits)) return std::nullopt;
  Impl& proof = *impl_;
  const auto ask = [&] {
    Point machine = std::move(proof.questions.front());
    proof.questions.pop_front();
    return machine;
  };
  if (!proof.questions.empty()) return ask();
  for (const double stage : stages) {
    const double target = incumbent * (1.0 - std::max(stage, limits.gap));
    while (!proof.open.empty() && proof.open.top().bound < target) {
      if (proof.effort >= limits.effort || (limits.stop && limits.stop())) return std::nullopt;
      // The first class alone: what its layers find are hints for the others.
      // With little effort left, one after the other.
      const std::int64_t affordable = (limits.effort - proof.effort) / round_labels;
      const std::size_t most =
          proof.searches == 0 ? 1 : static_cast<std::size_t>(std::clamp<std::int64_t>(affordable, 1, round_size));
      std::vector<SpacePart> nodes;
      std::vector<std::shared_ptr<Shapes>> busy;
      while (!proof.open.empty() && nodes.size() < most && proof.open.top().bound < target) {
        nodes.push_back(proof.open.top());
        proof.open.pop();
      }
      // Parts of one class share its tables: those are made before.
      for (SpacePart& node : nodes)
        if (!node.shapes->priced && std::find(busy.begin(), busy.end(), node.shapes) == busy.end())
          busy.push_back(node.shapes);
      parallel_for(busy.size(), limits.threads, [&](std::size_t i) { proof.price(*busy[i]); });
      Limits share = limits;  // of what effort is left
      share.effort = proof.effort + (limits.effort - proof.effort) / static_cast<std::int64_t>(nodes.size());
      std::vector<Impl::Result> results(nodes.size());
      parallel_for(nodes.size(), limits.threads,
                   [&](std::size_t i) { results[i] = proof.work(std::move(nodes[i]), target, share); });
      for (Impl::Result& result : results) {
        proof.searches += result.searches;
        proof.effort += result.effort;
        for (SpacePart& node : result.nodes) {
          for (std::size_t u = 0; u < node.choices.size(); ++u)
            if (node.choices[u].settled && proof.hints[u].first == 0.0)
              proof.hints[u] = {node.choices[u].energy_pj, node.choices[u].cycles};
          if (is_point(node.box) && result.ask) {
            // Nothing is left but this machine's own bound.
            double& bound = proof.machines[*result.ask];
            bound = std::max(bound, node.bound);
            if (const auto found = proof.proven.find(*result.ask); found != proof.proven.end())
              bound = std::max(bound, found->second);
            node.bound = infinity;
          }
        }
        if (result.ask && limits.ask && proof.asked.try_emplace(*result.ask, 1).second &&
            proof.proven.find(*result.ask) == proof.proven.end())
          proof.questions.push_back(*result.ask);
        proof.push(std::move(result.nodes));
      }
      if (!proof.questions.empty()) return ask();
    }
    if (stage <= limits.gap) break;
  }
  return std::nullopt;
}

double SpaceProof::lower_bound(double incumbent) const {
  if (!impl_->known) return 0.0;
  double least = impl_->open.empty() ? incumbent : std::min(incumbent, impl_->open.top().bound);
  for (const auto& [machine, bound] : impl_->machines) least = std::min(least, bound);
  return least;
}

std::vector<SpaceProof::Open> SpaceProof::open(double incumbent) const {
  std::map<std::string, Open> by_class;
  auto nodes = impl_->open;
  for (; !nodes.empty() && nodes.top().bound < incumbent; nodes.pop()) {
    const Architecture& machine = nodes.top().shapes->shape.machine;
    std::string what = fmt::format("{} x {}", machine.compute.instances, machine.compute.name);
    for (const Level& level : machine.levels)
      if (level.instances != machine.compute.instances && !level.is_dram)
        what += fmt::format(", {} x {}", level.instances, level.name);
    Open& one = by_class[what];
    if (one.parts == 0) one = {what, nodes.top().bound, 0};
    ++one.parts;
  }
  std::vector<Open> all;
  for (auto& [what, one] : by_class) all.push_back(std::move(one));
  std::stable_sort(all.begin(), all.end(), [](const Open& a, const Open& b) { return a.bound < b.bound; });
  return all;
}

std::int64_t SpaceProof::searches() const { return impl_->searches; }
std::int64_t SpaceProof::effort() const { return impl_->effort; }
std::int64_t SpaceProof::classes() const { return impl_->classes; }

}  // namespace dovetail
