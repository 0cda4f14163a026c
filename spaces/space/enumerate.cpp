// All feasible points of a finite space in lexicographic order: depth first, cut by interval bounds.
#include <algorithm>
#include <stdexcept>

#include <dovetail/spaces/space/space_parts.hpp>

namespace dovetail {
namespace {

class Enumeration {
 public:
  Enumeration(const Space::Impl& space, std::size_t limit) : space_(space), limit_(limit) {
    const std::size_t slots = space.table.slots.size();
    point_.numbers.resize(slots);
    values_.resize(slots);
    box_.resize(slots);
    for (std::size_t i = 0; i < slots; ++i) box_[i] = space.table.slots[i].range();
  }

  std::vector<Point> run() {
    if (!space_.never && limit_ > 0) slot(0);
    return std::move(found_);
  }

 private:
  void slot(std::size_t index) {
    if (index == box_.size()) {
      found_.push_back(point_);
      return;
    }
    const Interval whole = box_[index];
    visit(index, 0, space_.table.slots[index].count - 1);
    box_[index] = whole;
  }

  void visit(std::size_t index, std::int64_t first, std::int64_t last) {
    if (found_.size() >= limit_) return;
    const PointSlot& domain = space_.table.slots[index];
    box_[index] = {domain.number(first), domain.number(last), false};
    values_[index] = box_[index].low;
    point_.numbers[index] = domain.stored(first);
    if (first == last && domain.group >= 0 && !fits_group(index)) return;
    for (const int c : space_.touching[index]) {
      const Expression& condition = space_.conditions[static_cast<std::size_t>(c)];
      const bool complete = first == last && condition.names().back() <= static_cast<int>(index);
      if (complete ? !condition.holds(values_) : condition.bounds(box_).high < 0.0) return;
    }
    if (first == last) {
      slot(index + 1);
      return;
    }
    const std::int64_t middle = first + (last - first) / 2;
    visit(index, first, middle);
    visit(index, middle + 1, last);
  }

  bool fits_group(std::size_t index) const {
    const SlotGroup& group = space_.table.groups[static_cast<std::size_t>(space_.table.slots[index].group)];
    const auto begin = static_cast<std::size_t>(group.first);
    if (group.kind == SlotGroup::Kind::permutation)
      return std::find(point_.numbers.begin() + group.first,
                       point_.numbers.begin() + static_cast<std::ptrdiff_t>(index),
                       point_.numbers[index]) == point_.numbers.begin() + static_cast<std::ptrdiff_t>(index);
    std::int64_t rest = group.product;
    for (std::size_t i = begin; i <= index; ++i) {
      const auto factor = static_cast<std::int64_t>(point_.numbers[i]);
      if (rest % factor != 0) return false;
      rest /= factor;
    }
    return rest == 1 || index + 1 < begin + static_cast<std::size_t>(group.count);
  }

  const Space::Impl& space_;
  std::size_t limit_;
  Point point_;
  std::vector<double> values_;
  std::vector<Interval> box_;
  std::vector<Point> found_;
};

}  // namespace

std::vector<Point> Space::enumerate(std::size_t limit) const {
  if (!finite()) throw std::logic_error("a space with real parameters cannot be enumerated");
  for (const Component& component : impl_->components())
    if (component.diagram ? component.diagram->count() == 0.0 : component.proposal_share == 0.0) return {};
  return Enumeration(*impl_, limit).run();
}

}  // namespace dovetail
