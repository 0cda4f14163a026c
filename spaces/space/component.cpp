// Splits a space into independent components and prepares how each is counted and drawn.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <dovetail/spaces/space/share.hpp>
#include <dovetail/spaces/space/space_parts.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t diagram_budget = 1'500'000;  // tests; about half a second
constexpr int paving_boxes = 2000;
constexpr int pilot_draws = 2000;
constexpr int rejection_draws = 20'000;
constexpr int descent_tests = 40'000;
constexpr std::uint64_t pilot_seed = 0x70696c6f74;  // the pilot is part of the space, not of a study

// Connected components of slots under the given conditions; groups stay whole.
std::vector<Component> split(const Space::Impl& space, const std::vector<int>& slots,
                             const std::vector<int>& conditions) {
  std::vector<int> root(space.table.slots.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](int at) {
    while (root[static_cast<std::size_t>(at)] != at)
      at = root[static_cast<std::size_t>(at)] = root[static_cast<std::size_t>(root[static_cast<std::size_t>(at)])];
    return at;
  };
  const auto join = [&](int a, int b) {
    a = find(a);
    b = find(b);
    root[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  };
  for (const SlotGroup& group : space.table.groups)
    for (int k = 1; k < group.count; ++k) join(group.first, group.first + k);
  for (const int c : conditions)
    for (const int name : space.conditions[static_cast<std::size_t>(c)].names())
      join(space.conditions[static_cast<std::size_t>(c)].names()[0], name);

  std::vector<Component> result;
  std::vector<int> position(root.size(), -1);
  for (const int slot : slots) {
    const auto at = static_cast<std::size_t>(find(slot));
    if (position[at] < 0) {
      position[at] = static_cast<int>(result.size());
      result.emplace_back();
    }
    Component& component = result[static_cast<std::size_t>(position[at])];
    component.slots.push_back(slot);
    const int group = space.table.slots[static_cast<std::size_t>(slot)].group;
    if (group >= 0 && (component.groups.empty() || component.groups.back() != group)) component.groups.push_back(group);
  }
  for (const int c : conditions) {
    const std::vector<int>& names = space.conditions[static_cast<std::size_t>(c)].names();
    if (!names.empty())
      result[static_cast<std::size_t>(position[static_cast<std::size_t>(find(names[0]))])].conditions.push_back(c);
  }
  for (Component& component : result) component.free = component.conditions.empty();
  return result;
}

std::vector<const Expression*> expressions(const Space::Impl& space, const std::vector<int>& conditions) {
  std::vector<const Expression*> result;
  result.reserve(conditions.size());
  for (const int c : conditions) result.push_back(&space.conditions[static_cast<std::size_t>(c)]);
  return result;
}

void propose(const Space::Impl& space, const Component& component, bool parts, Random& random,
             std::span<double> stored) {
  if (!parts) {
    component.paving->propose(space.table, random, stored);
    return;
  }
  for (const Component& part : component.parts) {
    if (part.diagram)
      part.diagram->sample(space.table, random, stored);
    else if (!part.groups.empty())
      space.table.sample_group(part.groups[0], random, stored);
    else
      space.table.sample_slot(part.slots[0], random, stored);
  }
}

// Numbers of one component only: the others may still be unset.
bool accepted(const Space::Impl& space, const Component& component, std::span<const double> stored,
              std::span<double> numbers) {
  for (const int slot : component.slots)
    numbers[static_cast<std::size_t>(slot)] =
        space.table.slots[static_cast<std::size_t>(slot)].number_of(stored[static_cast<std::size_t>(slot)]);
  return space.holds(component.conditions, numbers);
}

void prepare_rejection(const Space::Impl& space, Component& component) {
  const SlotTable& table = space.table;
  component.paving.emplace(table, component.slots, expressions(space, component.conditions), paving_boxes);

  // Conditions between discrete slots, counted; the rest of the component drawn freely.
  std::vector<int> discrete;
  for (const int c : component.conditions) {
    const std::vector<int>& names = space.conditions[static_cast<std::size_t>(c)].names();
    if (std::none_of(names.begin(), names.end(), [&](int n) { return table.slots[static_cast<std::size_t>(n)].real; }))
      discrete.push_back(c);
  }
  double parts_share = 1.0;
  bool whole = true;
  component.parts = split(space, component.slots, discrete);
  for (Component& part : component.parts) {
    if (part.free) continue;
    if (discrete.size() < component.conditions.size())
      part.diagram = DecisionDiagram::build(table, part.slots, expressions(space, part.conditions), diagram_budget / 4);
    if (!part.diagram) {
      whole = false;
      break;
    }
    parts_share *= part.diagram->count() / part.domain(table);
  }
  std::vector<double> stored(table.slots.size()), numbers(table.slots.size());
  double best = -1.0;
  for (const bool parts : {false, true}) {
    const double share = parts ? parts_share : component.paving->volume();
    if (parts && !whole) continue;
    Random random(pilot_seed, {static_cast<std::uint64_t>(component.slots[0]), parts ? 1u : 0u});
    int hits = 0;
    for (int i = 0; i < pilot_draws && share > 0.0; ++i) {
      propose(space, component, parts, random, stored);
      hits += accepted(space, component, stored, numbers) ? 1 : 0;
    }
    if (hits > best) {
      best = hits;
      component.proposes_parts = parts;
      component.proposal_share = share;
      const Share accepted_share = share_of(hits, pilot_draws);
      component.accepted = accepted_share.share;
      component.accepted_low = accepted_share.low;
      component.accepted_high = accepted_share.high;
    }
    if (share == 0.0) {  // proven empty
      component.accepted = component.accepted_low = component.accepted_high = 0.0;
      component.proposal_share = 0.0;
      break;
    }
  }
}

}  // namespace

double Component::domain(const SlotTable& table) const {
  double result = 1.0;
  for (const int slot : slots) {
    const PointSlot& domain = table.slots[static_cast<std::size_t>(slot)];
    if (domain.group < 0 && !domain.real) result *= static_cast<double>(domain.count);
  }
  for (const int group : groups) result *= table.group_count(group);
  return result;
}

void Space::Impl::prepare() const {
  std::vector<int> all(table.slots.size()), every(conditions.size());
  std::iota(all.begin(), all.end(), 0);
  std::iota(every.begin(), every.end(), 0);
  components_ = split(*this, all, every);
  for (Component& component : components_) {
    if (component.free) continue;
    const bool discrete = std::none_of(component.slots.begin(), component.slots.end(),
                                       [&](int s) { return table.slots[static_cast<std::size_t>(s)].real; });
    if (discrete)
      component.diagram =
          DecisionDiagram::build(table, component.slots, expressions(*this, component.conditions), diagram_budget);
    if (!component.diagram) prepare_rejection(*this, component);
  }
}

const std::vector<Component>& Space::Impl::components() const {
  std::call_once(once_, [this] { prepare(); });
  return components_;
}

bool Space::Impl::draw(const Component& component, Random& random, std::span<double> stored) const {
  if (component.diagram) {
    if (component.diagram->count() == 0.0) return false;
    component.diagram->sample(table, random, stored);
    return true;
  }
  if (component.free) {
    if (!component.groups.empty())
      table.sample_group(component.groups[0], random, stored);
    else
      table.sample_slot(component.slots[0], random, stored);
    return true;
  }
  if (component.proposal_share == 0.0) return false;
  std::vector<double> own(table.slots.size());
  const int draws = component.accepted > 0.0 ? rejection_draws : rejection_draws / 4;
  for (int i = 0; i < draws; ++i) {
    propose(*this, component, component.proposes_parts, random, stored);
    if (accepted(*this, component, stored, own)) return true;
  }
  return component.paving->descend(table, random, stored, descent_tests);
}

}  // namespace dovetail
