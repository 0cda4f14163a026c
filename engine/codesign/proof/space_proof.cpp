// The bound of a space from what its layers would choose (see the header).
#include <dovetail/engine/codesign/proof/space_proof.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <queue>
#include <utility>

#include <fmt/format.h>

#include <dovetail/engine/codesign/proof/part_bound.hpp>
#include <dovetail/engine/codesign/proof/part_branch.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double glances = 0.1;  // gaps that are reached with glances at most layers
constexpr std::size_t most_shapes = 10'000;
constexpr std::int64_t round_size = 4;         // parts at a time, whatever the threads,
constexpr std::int64_t round_labels = 50'000;  // for which so much effort each is left
// Gaps that are reached one after the other: coarse ones exclude most of the space for little.
constexpr double stages[] = {0.15, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0};

std::string memories(const Architecture& machine) {
  std::string what = fmt::format("{} x {}", machine.compute.instances, machine.compute.name);
  for (const Level& level : machine.levels)
    if (level.instances != machine.compute.instances && !level.is_dram)
      what += fmt::format(", {} x {}", level.instances, level.name);
  return what;
}

}  // namespace

struct SpaceProof::Impl {
  explicit Impl(const Codesign& study) : codesign(study), uses(study), branches(study, uses) {}

  struct Result {
    Branches found;
    ProofWork work;
  };

  void start(const Limits& limits);
  Result look(SpacePart part, double target, const PartBound::Limits& limits, bool asks) const;
  void round(double target, bool coarse, const Limits& limits);
  void take(Result result, bool asks);
  void push(std::vector<SpacePart> parts);

  const Codesign& codesign;
  const UsedLayers uses;
  const PartBranch branches;
  std::priority_queue<SpacePart, std::vector<SpacePart>, LaterPart> open;
  std::vector<std::pair<double, double>> hints;  // per use: energy, cycles of the first mapping
  std::map<Point, double> proven;
  std::map<Point, double> machines;  // of which nothing is open but their own bound
  std::map<Point, char> asked;
  std::deque<Point> questions;  // of a round's parts, in their order
  bool started = false, known = false, limited_area = false;
  std::int64_t count = 0, classes = 0;
  ProofWork work;
};

void SpaceProof::Impl::start(const Limits& limits) {
  started = true;
  const MappingObjective& objective = codesign.objective();
  if (codesign.terms().fused()) return;  // layers alone bound layers
  if (!codesign.points_are_machines() || !(objective.energy_power > 0.0) || codesign.goal().objectives.size() > 1)
    return;
  if (!codesign.terms().machine_bounds(codesign.family().instantiate(codesign.family().default_point()))) return;
  for (const Spec& spec : codesign.goal().specs)
    limited_area = limited_area || find_metric(spec.metric)->before_mapping;
  std::vector<ShapeClass> all = shape_classes(codesign, most_shapes, limits.threads);
  if (all.empty() || uses.all.empty()) return;
  std::vector<SpacePart> roots(all.size());
  parallel_for(all.size(), limits.threads, [&](std::size_t i) {
    SpacePart& root = roots[i];
    root.box = all[i].box;
    root.costs = std::make_shared<ClassCosts>(codesign, uses, std::move(all[i]), nullptr);
    root.bound = root.costs->glance();
    root.wishes.resize(uses.all.size());
    root.glance();
  });
  for (const SpacePart& root : roots)
    if (!(root.bound > 0.0)) return;
  classes = static_cast<std::int64_t>(roots.size());
  hints.resize(uses.all.size());
  known = true;
  push(std::move(roots));
}

void SpaceProof::Impl::push(std::vector<SpacePart> parts) {
  for (SpacePart& part : parts) {
    if (!(part.bound < infinity)) continue;
    part.order = count++;
    open.push(std::move(part));
  }
}

SpaceProof::Impl::Result SpaceProof::Impl::look(SpacePart part, double target, const PartBound::Limits& limits,
                                                bool asks) const {
  Result result;
  if (limited_area && !codesign.terms().allows_area(least_area_um2(codesign, part.costs->shape(), part.box)))
    return result;
  for (std::size_t u = 0; u < part.wishes.size(); ++u) {
    Wish& wish = part.wishes[u];
    if (!wish.found && wish.expected == 0.0 && hints[u].first > 0.0)
      wish.expected = hints[u].first + part.costs->price(u) * hints[u].second;
  }
  if (PartBound(codesign, uses, target, limits).raise(part, result.work))
    result.found = branches.branch(std::move(part), asks);
  else
    result.found.parts.push_back(std::move(part));
  return result;
}

void SpaceProof::Impl::take(Result result, bool asks) {
  work.searches += result.work.searches;
  work.labels += result.work.labels;
  for (SpacePart& part : result.found.parts) {
    for (std::size_t u = 0; u < part.wishes.size(); ++u)
      if (const auto& found = part.wishes[u].found; found && hints[u].first == 0.0)
        hints[u] = {found->energy_pj, found->cycles};
    if (!part.is_point() || !result.found.ask) continue;
    // Nothing is left but this machine's own bound.
    double& bound = machines[*result.found.ask];
    bound = std::max(bound, part.bound);
    if (const auto own = proven.find(*result.found.ask); own != proven.end()) bound = std::max(bound, own->second);
    part.bound = infinity;
  }
  if (result.found.ask && asks && asked.try_emplace(*result.found.ask, 1).second &&
      proven.find(*result.found.ask) == proven.end())
    questions.push_back(*result.found.ask);
  push(std::move(result.found.parts));
}

// The parts of the least bounds, each with its share of what effort is left.
void SpaceProof::Impl::round(double target, bool coarse, const Limits& limits) {
  // The first class alone: what its layers find is what others expect. With little effort left, one after the other.
  const std::int64_t affordable = (limits.effort - work.labels) / round_labels;
  const std::size_t most =
      work.labels == 0 ? 1 : static_cast<std::size_t>(std::clamp<std::int64_t>(affordable, 1, round_size));
  std::vector<SpacePart> parts;
  while (!open.empty() && parts.size() < most && open.top().bound < target) {
    parts.push_back(open.top());
    open.pop();
  }
  for (const SpacePart& part : parts)
    if (!coarse && !part.costs->prepared()) part.costs->prepare(limits.threads);
  const PartBound::Limits share{(limits.effort - work.labels) / static_cast<std::int64_t>(parts.size()), limits.stop};
  std::vector<Result> results(parts.size());
  parallel_for(parts.size(), limits.threads,
               [&](std::size_t i) { results[i] = look(std::move(parts[i]), target, share, limits.ask); });
  for (Result& result : results) take(std::move(result), limits.ask);
}

SpaceProof::SpaceProof(const Codesign& codesign) : impl_(std::make_unique<Impl>(codesign)) {}
SpaceProof::~SpaceProof() = default;

bool SpaceProof::known(const Limits& limits) {
  if (!impl_->started) impl_->start(limits);
  return impl_->known;
}

void SpaceProof::expect(const DesignPoint& good) {
  Impl& proof = *impl_;
  if (!good.mapped || good.layers.size() != proof.uses.all.size()) return;
  proof.hints.resize(proof.uses.all.size());
  for (std::size_t u = 0; u < proof.hints.size(); ++u)
    proof.hints[u] = {good.layers[u].evaluation.energy_pj, good.layers[u].evaluation.cycles};
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
      if (proof.work.labels >= limits.effort || (limits.stop && limits.stop())) return std::nullopt;
      proof.round(target, stage > glances, limits);
      if (limits.rose) limits.rose(lower_bound(incumbent));
      if (!proof.questions.empty()) return ask();
    }
    if (limits.reached) limits.reached(lower_bound(incumbent));
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
  auto parts = impl_->open;
  for (; !parts.empty() && parts.top().bound < incumbent; parts.pop()) {
    const std::string what = memories(parts.top().costs->shape().machine);
    Open& one = by_class[what];
    if (one.parts == 0) one = {what, parts.top().bound, 0};
    ++one.parts;
  }
  std::vector<Open> all;
  for (auto& [what, one] : by_class) all.push_back(std::move(one));
  std::stable_sort(all.begin(), all.end(), [](const Open& a, const Open& b) { return a.bound < b.bound; });
  return all;
}

std::int64_t SpaceProof::searches() const {
  return impl_->work.searches;
}
std::int64_t SpaceProof::effort() const {
  return impl_->work.labels;
}
std::int64_t SpaceProof::classes() const {
  return impl_->classes;
}

}  // namespace dovetail
