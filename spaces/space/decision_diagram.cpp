// Builds the diagram depth first: one layer per slot, nodes shared by residual, runs of choices cut by
// bounds.
#include <dovetail/spaces/space/decision_diagram.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

namespace dovetail {
namespace {

constexpr double exact_limit = 0x1.0p53;

struct OverBudget {};

}  // namespace

class DiagramBuilder {
 public:
  DiagramBuilder(const SlotTable& table, std::vector<int> slots, std::vector<const Expression*> conditions,
                 std::int64_t budget)
      : table_(table),
        conditions_(std::move(conditions)),
        budget_(budget) {
    const std::size_t all = table.slots.size();
    values_.assign(all, 0.0);
    known_.assign(all, 0);
    box_.resize(all);
    for (std::size_t i = 0; i < all; ++i) box_[i] = table.slots[i].range();
    arrange(std::move(slots));
    const std::size_t levels = diagram_.order_.size();
    memo_.resize(levels);
    edges_.resize(levels);
    closed_.assign(conditions_.size(), 0);
    for (const SlotGroup& group : table.groups)
      state_.push_back(group.kind == SlotGroup::Kind::factorization ? group.product : 0);
    diagram_.nodes_.resize(2);
    diagram_.nodes_[1].count = 1.0;
  }

  std::optional<DecisionDiagram> build() {
    try {
      bool possible = true;
      for (std::size_t c = 0; c < conditions_.size(); ++c) {
        if (conditions_[c]->names().empty()) possible = possible && conditions_[c]->holds(values_);
        const Interval margin = bounds(c);
        possible = possible && margin.high >= 0.0;
        closed_[c] = margin.low >= 0.0 && !margin.undefined;
      }
      diagram_.root_ = possible ? node(0) : 0;
      return std::move(diagram_);
    } catch (const OverBudget&) {
      return std::nullopt;
    }
  }

 private:
  // Next comes the slot that completes most conditions, then the one that shares most with the slots before,
  // then the one with fewest choices.
  void arrange(std::vector<int> rest) {
    std::vector<char> placed(table_.slots.size(), 0);
    while (!rest.empty()) {
      std::size_t best = 0;
      double best_score = -1e300;
      for (std::size_t i = 0; i < rest.size(); ++i) {
        double completed = 0, shared = 0, open = 0;
        for (const Expression* condition : conditions_) {
          int missing = 0, there = 0;
          bool mine = false;
          for (const int name : condition->names()) {
            if (name == rest[i])
              mine = true;
            else if (placed[at(name)])
              ++there;
            else
              ++missing;
          }
          if (!mine) continue;
          if (missing == 0)
            completed += 1;
          else
            open += 1;
          if (there > 0) shared += 1;
        }
        const PointSlot& slot = table_.slots[at(rest[i])];
        if (slot.group >= 0)
          for (int k = 0; k < table_.groups[at(slot.group)].count; ++k)
            if (placed[at(table_.groups[at(slot.group)].first + k)]) shared += 0.5;
        const double score = 1e6 * completed + 1e3 * shared + 10 * open -
                             static_cast<double>(std::min<std::int64_t>(slot.count, 1000)) * 0.01;
        if (score > best_score) {
          best_score = score;
          best = i;
        }
      }
      placed[at(rest[best])] = 1;
      diagram_.order_.push_back(rest[best]);
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(best));
    }
    const std::size_t levels = diagram_.order_.size();
    std::vector<std::size_t> level_of(table_.slots.size(), 0);
    for (std::size_t k = 0; k < levels; ++k) level_of[at(diagram_.order_[k])] = k;
    touching_.resize(levels);
    crossing_.resize(levels);
    last_.assign(conditions_.size(), 0);
    for (std::size_t c = 0; c < conditions_.size(); ++c) {
      std::size_t first = levels, last = 0;
      for (const int name : conditions_[c]->names()) {
        const std::size_t level = level_of[at(name)];
        touching_[level].push_back(c);
        first = std::min(first, level);
        last = std::max(last, level);
      }
      last_[c] = last;
      for (std::size_t k = first + 1; k <= last && k < levels; ++k) crossing_[k].push_back(c);
    }
    left_.assign(table_.groups.size(), 0);
    for (std::size_t g = 0; g < table_.groups.size(); ++g) left_[g] = table_.groups[g].count;
  }

  Interval bounds(std::size_t condition) {
    if (--budget_ < 0) throw OverBudget{};
    return conditions_[condition]->bounds(box_);
  }

  std::string key(std::size_t level) {
    scratch_.clear();
    for (const std::size_t c : crossing_[level]) {
      if (closed_[c]) continue;
      scratch_.push_back(static_cast<double>(c));
      conditions_[c]->residual(values_, known_, scratch_);
    }
    for (std::size_t g = 0; g < state_.size(); ++g)
      if (left_[g] > 0 && left_[g] < table_.groups[g].count) scratch_.push_back(static_cast<double>(state_[g]));
    for (double& number : scratch_) number += 0.0;
    std::string result(scratch_.size() * sizeof(double), '\0');
    if (!scratch_.empty()) std::memcpy(result.data(), scratch_.data(), result.size());
    return result;
  }

  std::uint32_t node(std::size_t level) {
    if (level == diagram_.order_.size()) return 1;
    std::string name = key(level);
    if (const auto found = memo_[level].find(name); found != memo_[level].end()) return found->second;
    const auto index = at(diagram_.order_[level]);
    const PointSlot& slot = table_.slots[index];
    std::vector<DecisionDiagram::Edge>& edges = edges_[level];
    edges.clear();
    std::int64_t first = 0, last = slot.count - 1;
    if (slot.group >= 0) {
      const auto g = at(slot.group);
      if (table_.groups[g].kind == SlotGroup::Kind::factorization) {
        last = slot.choice(static_cast<double>(state_[g]));
        if (left_[g] == 1) first = last;
      }
    }
    const Interval before = box_[index];
    visit(level, first, last);
    box_[index] = before;
    known_[index] = 0;

    DecisionDiagram::Node result;
    result.begin = static_cast<std::uint32_t>(diagram_.edges_.size());
    for (DecisionDiagram::Edge& edge : edges_[level]) {
      edge.before = result.count;
      result.count += static_cast<double>(edge.last - edge.first + 1) * diagram_.nodes_[edge.child].count;
      diagram_.edges_.push_back(edge);
    }
    result.end = static_cast<std::uint32_t>(diagram_.edges_.size());
    std::uint32_t id = 0;
    if (result.begin < result.end) {
      id = static_cast<std::uint32_t>(diagram_.nodes_.size());
      diagram_.nodes_.push_back(result);
    }
    if ((budget_ -= 2) < 0) throw OverBudget{};
    memo_[level].emplace(std::move(name), id);
    return id;
  }

  // The feasible choices in [first, last]: a run that no test can cut is one edge, otherwise it is halved.
  void visit(std::size_t level, std::int64_t first, std::int64_t last) {
    const auto index = at(diagram_.order_[level]);
    const PointSlot& slot = table_.slots[index];
    const bool single = first == last;
    const auto g = at(std::max(slot.group, 0));
    if (single && slot.group >= 0) {
      if (table_.groups[g].kind == SlotGroup::Kind::factorization) {
        if (state_[g] % static_cast<std::int64_t>(slot.number(first)) != 0) return;
      } else if ((state_[g] >> first) & 1) {
        return;
      }
    }
    box_[index] = {slot.number(first), slot.number(last), false};
    values_[index] = box_[index].low;
    known_[index] = 1;
    const std::size_t mark = trail_.size();
    bool open = slot.group >= 0, possible = true;
    for (const std::size_t c : touching_[level]) {
      if (closed_[c]) continue;
      if (single && last_[c] == level) {
        if (--budget_ < 0) throw OverBudget{};
        possible = conditions_[c]->holds(values_);
      } else {
        const Interval margin = bounds(c);
        possible = margin.high >= 0.0;
        if (margin.low >= 0.0 && !margin.undefined) {
          closed_[c] = 1;
          trail_.push_back(c);
        } else {
          open = true;
        }
      }
      if (!possible) break;
    }
    if (possible && (single || !open)) {
      const std::int64_t state = slot.group >= 0 ? state_[g] : 0;
      if (slot.group >= 0) enter(g, index, first);
      const std::uint32_t child = node(level + 1);
      if (slot.group >= 0) leave(g, index, state);
      if (child != 0) {
        std::vector<DecisionDiagram::Edge>& edges = edges_[level];
        if (!edges.empty() && edges.back().child == child && edges.back().last + 1 == first)
          edges.back().last = last;
        else
          edges.push_back({first, last, child, 0.0});
      }
    }
    while (trail_.size() > mark) {
      closed_[trail_.back()] = 0;
      trail_.pop_back();
    }
    if (possible && !single && open) {
      const std::int64_t middle = first + (last - first) / 2;
      visit(level, first, middle);
      visit(level, middle + 1, last);
    }
  }

  void enter(std::size_t g, std::size_t index, std::int64_t choice) {
    const SlotGroup& group = table_.groups[g];
    --left_[g];
    if (group.kind == SlotGroup::Kind::permutation) {
      state_[g] |= std::int64_t{1} << choice;
      return;
    }
    state_[g] /= static_cast<std::int64_t>(table_.slots[index].number(choice));
    tighten(g);
  }
  void leave(std::size_t g, std::size_t index, std::int64_t state) {
    ++left_[g];
    state_[g] = state;
    if (table_.groups[g].kind == SlotGroup::Kind::factorization) tighten(g);
    known_[index] = 1;
  }
  // Slots still open take at most what is left of the product, the only open one exactly that.
  void tighten(std::size_t g) {
    const SlotGroup& group = table_.groups[g];
    for (int k = 0; k < group.count; ++k) {
      const auto other = at(group.first + k);
      if (known_[other]) continue;
      const auto rest = static_cast<double>(state_[g]);
      box_[other] = {left_[g] == 1 ? rest : 1.0, rest, false};
    }
  }

  const SlotTable& table_;
  std::vector<const Expression*> conditions_;
  std::int64_t budget_;
  DecisionDiagram diagram_;
  std::vector<double> values_;
  std::vector<char> known_;
  std::vector<Interval> box_;
  std::vector<char> closed_;         // holds whatever the open slots become
  std::vector<std::size_t> trail_;   // conditions closed on the way here
  std::vector<std::int64_t> state_;  // per group: product left, or positions taken
  std::vector<int> left_;            // per group: slots not yet assigned
  std::vector<std::vector<std::size_t>> touching_,
      crossing_;                   // per level: conditions of its slot; begun before and not ended
  std::vector<std::size_t> last_;  // per condition: level of its last slot
  std::vector<std::unordered_map<std::string, std::uint32_t>> memo_;
  std::vector<std::vector<DecisionDiagram::Edge>> edges_;
  std::vector<double> scratch_;
};

std::optional<DecisionDiagram> DecisionDiagram::build(const SlotTable& table, std::vector<int> slots,
                                                      std::vector<const Expression*> conditions, std::int64_t budget) {
  for (const int slot : slots) {
    const int group = table.slots[at(slot)].group;
    if (group >= 0 && table.groups[at(group)].kind == SlotGroup::Kind::permutation &&
        table.groups[at(group)].count > 62)
      return std::nullopt;
  }
  return DiagramBuilder(table, std::move(slots), std::move(conditions), budget).build();
}

void DecisionDiagram::unrank(const SlotTable& table, std::uint64_t rank, std::span<double> stored) const {
  auto rest = static_cast<double>(rank);
  std::uint32_t here = root_;
  for (const int index : order_) {
    const Node& node = nodes_[here];
    const auto begin = edges_.begin() + node.begin, end = edges_.begin() + node.end;
    const Edge& edge = *(std::upper_bound(begin, end, rest, [](double r, const Edge& e) { return r < e.before; }) - 1);
    const auto inside = static_cast<std::uint64_t>(rest - edge.before);
    const auto below = static_cast<std::uint64_t>(nodes_[edge.child].count);
    stored[at(index)] = table.slots[at(index)].stored(edge.first + static_cast<std::int64_t>(inside / below));
    rest = static_cast<double>(inside % below);
    here = edge.child;
  }
}

void DecisionDiagram::sample(const SlotTable& table, Random& random, std::span<double> stored) const {
  if (count() <= exact_limit) {
    unrank(table, random.below(static_cast<std::uint64_t>(count())), stored);
    return;
  }
  std::uint32_t here = root_;
  for (const int index : order_) {
    const Node& node = nodes_[here];
    const auto begin = edges_.begin() + node.begin, end = edges_.begin() + node.end;
    const double pick = random.uniform() * node.count;
    const Edge& edge = *(std::upper_bound(begin, end, pick, [](double r, const Edge& e) { return r < e.before; }) - 1);
    const std::uint64_t offset = random.below(static_cast<std::uint64_t>(edge.last - edge.first + 1));
    stored[at(index)] = table.slots[at(index)].stored(edge.first + static_cast<std::int64_t>(offset));
    here = edge.child;
  }
}

}  // namespace dovetail
