// Branch and bound over boxes, and draws from what it leaves.
#include <dovetail/spaces/space/paving.hpp>

#include <algorithm>
#include <cmath>
#include <queue>

namespace dovetail {

Paving::Paving(const SlotTable& table, const std::vector<int>& slots, std::vector<const Expression*> conditions,
               int max_boxes)
    : conditions_(std::move(conditions)) {
  for (const int slot : slots) {
    const int group = table.slots[static_cast<std::size_t>(slot)].group;
    if (group < 0)
      slots_.push_back(slot);
    else if (std::find(groups_.begin(), groups_.end(), group) == groups_.end())
      groups_.push_back(group);
  }
  for (const int slot : slots_)
    constrained_.push_back(std::any_of(conditions_.begin(), conditions_.end(), [&](const Expression* condition) {
      return std::binary_search(condition->names().begin(), condition->names().end(), slot);
    }));

  Box root;
  for (const int slot : slots_) {
    const PointSlot& domain = table.slots[static_cast<std::size_t>(slot)];
    root.sides.push_back(domain.real ? Side{0.0, 1.0} : Side{0.0, static_cast<double>(domain.count - 1)});
  }
  std::vector<Interval> intervals(table.slots.size());
  for (std::size_t i = 0; i < intervals.size(); ++i) intervals[i] = table.slots[i].range();
  const auto smaller = [](const Box& a, const Box& b) { return a.measure < b.measure; };
  std::priority_queue<Box, std::vector<Box>, decltype(smaller)> open(smaller);
  const auto place = [&](Box box) {
    const Verdict verdict = test(table, box, intervals);
    if (verdict == Verdict::outside) return;
    box.measure = measure(table, box);
    box.decided = verdict == Verdict::inside;
    if (box.decided)
      boxes_.push_back(std::move(box));
    else
      open.push(std::move(box));
  };
  place(std::move(root));
  while (!open.empty() && static_cast<int>(boxes_.size() + open.size()) < max_boxes) {
    Box box = open.top();
    open.pop();
    Box left, right;
    if (!halve(table, box, left, right)) {
      boxes_.push_back(std::move(box));
      continue;
    }
    place(std::move(left));
    place(std::move(right));
  }
  for (; !open.empty(); open.pop()) boxes_.push_back(open.top());
  double until = 0.0;
  for (Box& box : boxes_) box.until = until += box.measure;
}

Paving::Verdict Paving::test(const SlotTable& table, const Box& box, std::vector<Interval>& intervals) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const PointSlot& slot = table.slots[static_cast<std::size_t>(slots_[i])];
    const Side& side = box.sides[i];
    intervals[static_cast<std::size_t>(slots_[i])] =
        slot.real ? Interval{slot.real_at(side.low), slot.real_at(side.high), false}
                  : Interval{slot.number(static_cast<std::int64_t>(side.low)),
                             slot.number(static_cast<std::int64_t>(side.high)), false};
  }
  bool all = true;
  for (const Expression* condition : conditions_) {
    const Interval margin = condition->bounds(intervals);
    if (margin.high < 0.0) return Verdict::outside;
    all = all && margin.low >= 0.0 && !margin.undefined;
  }
  return all ? Verdict::inside : Verdict::undecided;
}

double Paving::measure(const SlotTable& table, const Box& box) const {
  double result = 1.0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const PointSlot& slot = table.slots[static_cast<std::size_t>(slots_[i])];
    const Side& side = box.sides[i];
    result *= slot.real ? side.high - side.low : (side.high - side.low + 1.0) / static_cast<double>(slot.count);
  }
  return result;
}

bool Paving::halve(const SlotTable& table, const Box& box, Box& left, Box& right) const {
  std::size_t widest = slots_.size();
  double width = 1e-12;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!constrained_[i]) continue;
    const PointSlot& slot = table.slots[static_cast<std::size_t>(slots_[i])];
    const Side& side = box.sides[i];
    const double own =
        slot.real ? side.high - side.low
                  : (side.high == side.low ? 0.0 : (side.high - side.low + 1.0) / static_cast<double>(slot.count));
    if (own > width) {
      width = own;
      widest = i;
    }
  }
  if (widest == slots_.size()) return false;
  left = right = box;
  const Side side = box.sides[widest];
  if (table.slots[static_cast<std::size_t>(slots_[widest])].real) {
    left.sides[widest].high = right.sides[widest].low = side.low + (side.high - side.low) / 2;
  } else {
    const double middle = std::floor(side.low + (side.high - side.low) / 2);
    left.sides[widest].high = middle;
    right.sides[widest].low = middle + 1.0;
  }
  return true;
}

void Paving::draw(const SlotTable& table, const Box& box, Random& random, std::span<double> stored) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const PointSlot& slot = table.slots[static_cast<std::size_t>(slots_[i])];
    const Side& side = box.sides[i];
    stored[static_cast<std::size_t>(slots_[i])] =
        slot.real ? slot.real_at(random.uniform(side.low, side.high))
                  : slot.stored(
                        static_cast<std::int64_t>(side.low) +
                        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(side.high - side.low) + 1)));
  }
  for (const int group : groups_) table.sample_group(group, random, stored);
}

void Paving::propose(const SlotTable& table, Random& random, std::span<double> stored) const {
  const double pick = random.uniform() * volume();
  auto box = std::upper_bound(boxes_.begin(), boxes_.end(), pick, [](double p, const Box& b) { return p < b.until; });
  if (box == boxes_.end()) --box;
  draw(table, *box, random, stored);
}

bool Paving::holds(const SlotTable& table, std::span<const double> stored, std::vector<double>& numbers) const {
  for (std::size_t i = 0; i < stored.size(); ++i) numbers[i] = table.slots[i].number_of(stored[i]);
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Expression* c) { return c->holds(numbers); });
}

bool Paving::descend(const SlotTable& table, Random& random, std::span<double> stored, int tests) const {
  if (boxes_.empty()) return false;
  std::vector<Interval> intervals(table.slots.size());
  for (std::size_t i = 0; i < intervals.size(); ++i) intervals[i] = table.slots[i].range();
  std::vector<double> numbers(table.slots.size());
  while (tests > 0) {
    const double pick = random.uniform() * volume();
    auto start =
        std::upper_bound(boxes_.begin(), boxes_.end(), pick, [](double p, const Box& b) { return p < b.until; });
    if (start == boxes_.end()) --start;
    std::vector<Box> waiting{*start};
    for (int left_here = 400; left_here > 0 && tests > 0 && !waiting.empty();) {
      const Box box = std::move(waiting.back());
      waiting.pop_back();
      draw(table, box, random, stored);
      --tests;
      --left_here;
      if (holds(table, stored, numbers)) return true;
      Box left, right;
      if (!halve(table, box, left, right)) continue;
      const bool left_first = random.below(2) == 0;
      tests -= 2;
      left_here -= 2;
      if (test(table, left_first ? right : left, intervals) != Verdict::outside)
        waiting.push_back(left_first ? right : left);
      if (test(table, left_first ? left : right, intervals) != Verdict::outside)
        waiting.push_back(left_first ? left : right);
    }
  }
  return false;
}

}  // namespace dovetail
