// Branch and bound over boxes of hardware (see the header).
#include <dovetail/engine/codesign/box_search.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include <dovetail/spaces/space/box.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t halvings_per_shape = 64;
constexpr std::size_t round_size = 32;  // boxes halved at a time, whatever the threads

struct Bounded {
  Box box;
  std::vector<CompulsoryCost> costs;  // per unique layer
  double bound = 0.0;
  std::int64_t order = 0;
};

struct Later {
  bool operator()(const Bounded& a, const Bounded& b) const {
    return std::pair(a.bound, a.order) > std::pair(b.bound, b.order);
  }
};

// Rules of boxes: they depend on the few parameters of `ruling` alone. Safe to call concurrently.
class BoxRules {
 public:
  explicit BoxRules(const Codesign& codesign) : codesign_(codesign) {}

  const std::vector<MappingRules>& operator()(const Box& box) {
    std::vector<double> ends;
    const std::vector<char>& ruling = codesign_.family().ruling();
    for (std::size_t i = 0; i < ruling.size(); ++i) {
      if (ruling[i] == 0) continue;
      ends.push_back(box.low[i]);
      ends.push_back(box.high[i]);
    }
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = known_.try_emplace(std::move(ends));
    if (is_new) found->second = codesign_.rules(box);
    return found->second;
  }

 private:
  const Codesign& codesign_;
  std::mutex mutex_;
  std::map<std::vector<double>, std::vector<MappingRules>> known_;
};

}  // namespace

struct BoxSearch::Impl {
  explicit Impl(const Codesign& asked) : codesign(asked), space(asked.space()), rules(asked) {}

  // A half of a box: first its heaviest layers, then the others.
  struct Part {
    Bounded bounded;
    std::optional<Architecture> ideal;
  };

  void start(const Limits& limits);
  std::optional<std::vector<Box>> all_shapes(const Limits& limits) const;
  int open_parameter(const Box& box) const;
  void tighten(Part& part, std::span<const std::size_t> layers);
  void halve_least(double incumbent, int threads);
  std::vector<Bounded> best_halves(const Bounded& parent, double incumbent, std::int64_t& tried);
  void push(std::vector<Bounded> boxes);

  const Codesign& codesign;
  const Space& space;
  BoxRules rules;
  std::priority_queue<Bounded, std::vector<Bounded>, Later> open;
  std::map<Point, double> proven;
  std::map<Point, double> machines;  // the least of a box, whose bound is what is known of them
  std::vector<std::size_t> order;    // of layers, the heaviest first
  std::size_t heavy = 0;
  bool started = false, known = false;
  std::int64_t count = 0, boxes = 0;
};

// Boxes in which every shaping parameter has one value; none when they, or the halvings on the way to each, are too
// many, or the space has no boxes.
std::optional<std::vector<Box>> BoxSearch::Impl::all_shapes(const Limits& limits) const {
  std::optional<Box> whole = whole_box(space);
  if (!whole) return std::nullopt;
  std::vector<Box> waiting{*std::move(whole)}, shapes;
  std::int64_t left = limits.most_boxes * halvings_per_shape;
  while (!waiting.empty()) {
    if (--left < 0 || (limits.stop && limits.stop())) return std::nullopt;
    Box box = std::move(waiting.back());
    waiting.pop_back();
    if (!shrink(space, box)) continue;
    const int next = open_parameter(box);
    if (next < 0) {
      shapes.push_back(std::move(box));
    } else {
      auto [lower, upper] = halves(space, box, next);
      waiting.push_back(std::move(upper));
      waiting.push_back(std::move(lower));
    }
    if (static_cast<std::int64_t>(shapes.size()) > limits.most_boxes) return std::nullopt;
  }
  return shapes;
}

int BoxSearch::Impl::open_parameter(const Box& box) const {
  const std::vector<char>& shaping = codesign.family().shaping();
  for (std::size_t i = 0; i < box.low.size(); ++i)
    if (shaping[i] != 0 && box.low[i] < box.high[i]) return static_cast<int>(i);
  return -1;
}

void BoxSearch::Impl::start(const Limits& limits) {
  started = true;
  const std::optional<std::vector<Box>> shapes = all_shapes(limits);
  if (!shapes) return;
  order.resize(codesign.unique_layers());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<Bounded> roots(shapes->size());
  parallel_for(roots.size(), limits.threads, [&](std::size_t i) {
    Part part{{(*shapes)[i], std::vector<CompulsoryCost>(order.size()), 0.0, 0}, codesign.family().ideal((*shapes)[i])};
    tighten(part, order);
    roots[i] = std::move(part.bounded);
  });
  boxes += static_cast<std::int64_t>(roots.size());
  known = std::all_of(roots.begin(), roots.end(), [](const Bounded& root) { return root.bound > 0.0; });
  if (!known || roots.empty()) return;
  std::tie(order, heavy) = codesign.heaviest(roots.front().costs);
  push(std::move(roots));
}

void BoxSearch::Impl::tighten(Part& part, std::span<const std::size_t> layers) {
  if (!part.ideal) return;
  Bounded& bounded = part.bounded;
  bounded.bound = std::max(bounded.bound, codesign.bound(*part.ideal, rules(bounded.box), layers, bounded.costs));
}

void BoxSearch::Impl::push(std::vector<Bounded> more) {
  for (Bounded& box : more) {
    if (box.bound == infinity) continue;
    box.order = count++;
    open.push(std::move(box));
  }
}

// One round: the boxes with the least bounds, as many as are not the bound of a machine.
void BoxSearch::Impl::halve_least(double incumbent, int threads) {
  std::vector<Bounded> parents;
  while (!open.empty() && parents.size() < round_size && open.top().bound < incumbent) {
    if (!parents.empty() && codesign.ideal_point(open.top().box)) break;
    parents.push_back(open.top());
    open.pop();
  }
  std::vector<std::vector<Bounded>> children(parents.size());
  std::vector<std::int64_t> tried(parents.size(), 0);
  parallel_for(parents.size(), threads,
               [&](std::size_t i) { children[i] = best_halves(parents[i], incumbent, tried[i]); });
  for (std::size_t i = 0; i < parents.size(); ++i) {
    boxes += tried[i];
    push(std::move(children[i]));
  }
}

std::vector<Bounded> BoxSearch::Impl::best_halves(const Bounded& parent, double incumbent, std::int64_t& tried) {
  const std::span<const std::size_t> layers(order);
  std::vector<Part> best;
  double best_least = -1.0, best_most = -1.0;
  for (int i = 0; i < static_cast<int>(parent.box.low.size()); ++i) {
    if (choices(space, parent.box, i) <= 1.0) continue;
    auto [lower, upper] = halves(space, parent.box, i);
    std::vector<Part> parts;
    double least = infinity, most = -1.0;
    for (Box* half : {&lower, &upper}) {
      if (!shrink(space, *half)) continue;
      std::optional<Architecture> ideal = codesign.family().ideal(*half);
      parts.push_back({{std::move(*half), parent.costs, parent.bound, 0}, std::move(ideal)});
      tighten(parts.back(), layers.first(heavy));
      ++tried;
      least = std::min(least, parts.back().bounded.bound);
      most = std::max(most, parts.back().bounded.bound);
    }
    if (std::pair(least, most) <= std::pair(best_least, best_most)) continue;
    best_least = least;
    best_most = most;
    best = std::move(parts);
  }
  std::vector<Bounded> result;
  for (Part& part : best) {
    if (part.bounded.bound < incumbent) tighten(part, layers.subspan(heavy));
    result.push_back(std::move(part.bounded));
  }
  return result;
}

BoxSearch::BoxSearch(const Codesign& codesign) : impl_(std::make_unique<Impl>(codesign)) {}
BoxSearch::~BoxSearch() = default;

void BoxSearch::prove(const Point& machine, double bound) {
  double& known = impl_->proven[machine];
  known = std::max(known, bound);
  if (const auto found = impl_->machines.find(machine); found != impl_->machines.end())
    found->second = std::max(found->second, bound);
}

bool BoxSearch::known(const Limits& limits) {
  if (!impl_->started) impl_->start(limits);
  return impl_->known;
}

std::optional<Point> BoxSearch::next(double incumbent, const Limits& limits) {
  if (!known(limits)) return std::nullopt;
  Impl& search = *impl_;
  while (!search.open.empty() && search.open.top().bound < incumbent) {
    if (std::optional<Point> machine = search.codesign.ideal_point(search.open.top().box)) {
      double& bound = search.machines[*machine];
      bound = search.open.top().bound;
      search.open.pop();
      const auto found = search.proven.find(*machine);
      if (found == search.proven.end()) return machine;
      bound = std::max(bound, found->second);
      continue;
    }
    if (search.boxes >= limits.most_boxes || (limits.stop && limits.stop())) return std::nullopt;
    search.halve_least(incumbent, limits.threads);
  }
  return std::nullopt;
}

double BoxSearch::lower_bound(double incumbent) const {
  if (!impl_->known) return 0.0;
  double least = impl_->open.empty() ? incumbent : std::min(incumbent, impl_->open.top().bound);
  for (const auto& [machine, bound] : impl_->machines) least = std::min(least, bound);
  return least;
}

std::int64_t BoxSearch::boxes() const {
  return impl_->boxes;
}

}  // namespace dovetail
