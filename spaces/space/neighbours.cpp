// Feasible points one move away: single steps, steps of two tied parameters, and steps repaired by solving
// equations.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <dovetail/spaces/space/space_parts.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

/// New stored values of up to a few slots.
struct Move {
  int count = 0;
  std::array<int, 4> slot{};
  std::array<double, 4> stored{};
  void add(int index, double value) {
    slot[at(count)] = index;
    stored[at(count++)] = value;
  }
};

constexpr std::array<double, 5> real_scales{0.003, 0.01, 0.03, 0.1, 0.3};  // of the range; two draws each
constexpr int max_swaps = 64, max_categories = 64;
constexpr int max_solutions = 4;     // of an equation in one unknown
constexpr int max_repairs = 3;       // slots that follow one step
constexpr int repair_budget = 4000;  // interval tests per call
constexpr int pair_tries = 400;

class NeighbourWalk {
 public:
  NeighbourWalk(const Space::Impl& space, const Point& point, Random& random, std::size_t limit)
      : space_(space),
        random_(random),
        limit_(limit),
        base_(point),
        stored_(point.numbers),
        values_(point.numbers.size()),
        box_(point.numbers.size()) {
    space.numbers(stored_, values_);
    feasible_ = space.holds(values_);
    for (std::size_t i = 0; i < values_.size(); ++i) box_[i] = {values_[i], values_[i], false};
  }

  std::vector<Point> run() {
    std::vector<std::vector<Move>> moves;
    for (std::size_t p = 0; p < space_.parameters.size(); ++p) moves.push_back(steps(static_cast<int>(p)));
    std::vector<Point> singles;
    for (const std::vector<Move>& own : moves)
      for (const Move& move : own) attempt(move, singles);
    shuffle(singles);
    // A quarter of the answer is kept for moves of two parameters.
    std::vector<Point> tied;
    const std::size_t wanted = std::max(limit_ - std::min(limit_, singles.size()), limit_ / 4);
    if (!space_.conditions.empty() && wanted > 0) {
      equations(moves, tied, wanted);
      pairs(moves, tied, wanted);
      shuffle(tied);
    }
    const std::size_t kept = std::min(tied.size(), wanted);
    if (singles.size() > limit_ - std::min(limit_, kept)) singles.resize(limit_ - kept);
    for (std::size_t i = 0; i < tied.size() && singles.size() < limit_; ++i) singles.push_back(std::move(tied[i]));
    if (singles.empty()) redraw(singles);
    shuffle(singles);
    return singles;
  }

 private:
  void shuffle(std::vector<Point>& points) {
    for (std::size_t i = points.size(); i > 1; --i) std::swap(points[i - 1], points[random_.below(i)]);
  }

  std::vector<Move> steps(int parameter) {
    std::vector<Move> result;
    const int first = space_.table.offsets[at(parameter)];
    const int count = space_.table.offsets[at(parameter) + 1] - first;
    const auto& domain = space_.parameters[at(parameter)].domain;
    const PointSlot& slot = space_.table.slots[at(first)];
    const double now = stored_[at(first)];
    const auto single = [&](double value) {
      if (value == now) return;
      Move move;
      move.add(first, value);
      result.push_back(move);
    };
    if (std::holds_alternative<RealRange>(domain)) {
      const double unit = slot.unit_of(now);
      for (const double scale : real_scales)
        for (int k = 0; k < 2; ++k) {
          const double next = unit + scale * random_.normal();
          if (next >= 0.0 && next <= 1.0) single(slot.real_at(next));
        }
    } else if (const auto* integer = std::get_if<IntegerRange>(&domain)) {
      const std::int64_t choice = slot.choice(now);
      for (std::int64_t step = 1; step < slot.count; step *= step < 4 ? 2 : 4) {
        if (choice + step < slot.count) single(slot.number(choice + step));
        if (choice - step >= 0) single(slot.number(choice - step));
      }
      // Times and over small primes: the steps of factors and of logarithmic ranges.
      for (const double prime : {2.0, 3.0, 5.0, 7.0}) {
        if (integer->log || now >= 2 * prime || now * prime <= 64) {
          if (slot.choice(now * prime) >= 0) single(now * prime);
          if (slot.choice(now / prime) >= 0) single(now / prime);
        }
      }
    } else if (std::holds_alternative<OrdinalValues>(domain)) {
      for (const double step : {-2.0, -1.0, 1.0, 2.0})
        if (now + step >= 0.0 && now + step < static_cast<double>(slot.count)) single(now + step);
    } else if (std::holds_alternative<CategoricalValues>(domain)) {
      if (slot.count <= max_categories) {
        for (std::int64_t i = 0; i < slot.count; ++i) single(static_cast<double>(i));
      } else {
        for (int i = 0; i < max_categories; ++i)
          single(static_cast<double>(random_.below(static_cast<std::uint64_t>(slot.count))));
      }
    } else if (std::holds_alternative<PermutationItems>(domain)) {
      const auto swap = [&](int a, int b) {
        Move move;
        move.add(first + a, stored_[at(first + b)]);
        move.add(first + b, stored_[at(first + a)]);
        result.push_back(move);
      };
      if (count * (count - 1) / 2 <= max_swaps) {
        for (int a = 0; a < count; ++a)
          for (int b = 0; b < a; ++b) swap(a, b);
      } else {
        for (int i = 0; i < max_swaps; ++i) {
          const int a = static_cast<int>(random_.below(static_cast<std::uint64_t>(count)));
          const int b = static_cast<int>(random_.below(static_cast<std::uint64_t>(count - 1)));
          swap(a, b < a ? b : b + 1);
        }
      }
    } else {
      for (const PrimePower& power : prime_factors(std::get<Factorization>(domain).product)) {
        const auto prime = static_cast<double>(power.prime);
        for (int a = 0; a < count; ++a) {
          const double from = stored_[at(first + a)];
          if (std::fmod(from, prime) != 0.0) continue;
          for (int b = 0; b < count; ++b) {
            if (a == b) continue;
            Move move;
            move.add(first + a, from / prime);
            move.add(first + b, stored_[at(first + b)] * prime);
            result.push_back(move);
          }
        }
      }
    }
    return result;
  }

  void set(int index, double stored) {
    const auto i = at(index);
    stored_[i] = stored;
    values_[i] = space_.table.slots[i].number_of(stored);
    box_[i] = {values_[i], values_[i], false};
  }
  void apply(const Move& move) {
    for (int k = 0; k < move.count; ++k) set(move.slot[at(k)], move.stored[at(k)]);
  }
  void undo(const Move& move) {
    for (int k = 0; k < move.count; ++k) {
      const int index = move.slot[at(k)];
      set(index, base_.numbers[at(index)]);
    }
  }
  // Whether the working point is feasible, given that only the slots of these moves changed.
  bool holds(const Move& a, const Move* b = nullptr) const {
    if (!feasible_) return !space_.never && space_.holds(values_);
    for (const Move* move : {&a, b}) {
      if (move == nullptr) continue;
      for (int k = 0; k < move->count; ++k)
        if (!space_.holds(space_.touching[at(move->slot[at(k)])], values_)) return false;
    }
    return true;
  }
  void keep(std::vector<Point>& out) {
    Point found{stored_};
    if (found == base_ || !seen_.insert(found).second) return;
    out.push_back(std::move(found));
  }
  void attempt(const Move& move, std::vector<Point>& out) {
    apply(move);
    if (holds(move))
      keep(out);
    else if (move.count == 1 && space_.table.slots[at(move.slot[0])].group < 0)
      follow_choice(move.slot[0], out);
    undo(move);
  }

  // Where another choice is made, conditions between it and one other slot may pin that: it takes the first value that
  // they leave.
  void follow_choice(int slot, std::vector<Point>& out) {
    constexpr std::int64_t most_tried = 4096;
    if (!std::holds_alternative<CategoricalValues>(
            space_.parameters[at(space_.table.slots[at(slot)].parameter)].domain))
      return;
    std::vector<int> followed;
    bool possible = true;
    for (const int c : space_.touching[at(slot)]) {
      const Expression& condition = space_.conditions[at(c)];
      if (condition.holds(values_)) continue;
      const int other = condition.names().front() == slot ? condition.names().back() : condition.names().front();
      const PointSlot& domain = space_.table.slots[at(other)];
      possible = condition.names().size() == 2 && !domain.real && domain.group < 0 && domain.count <= most_tried;
      if (!possible) break;
      followed.push_back(other);
      possible = false;
      for (std::int64_t choice = 0; choice < domain.count && !possible; ++choice) {
        set(other, domain.stored(choice));
        possible = condition.holds(values_);
      }
      if (!possible) break;
    }
    if (possible && !space_.never && space_.holds(values_)) keep(out);
    for (const int other : followed) set(other, base_.numbers[at(other)]);
  }

  // Random pairs of steps of two parameters that one condition names.
  void pairs(const std::vector<std::vector<Move>>& moves, std::vector<Point>& out, std::size_t wanted) {
    std::vector<std::pair<int, int>> tied;
    for (const Expression& condition : space_.conditions)
      for (const int a : condition.names())
        for (const int b : condition.names()) {
          const int pa = space_.table.slots[at(a)].parameter, pb = space_.table.slots[at(b)].parameter;
          if (pa < pb && tied.size() < 4096) tied.emplace_back(pa, pb);
        }
    std::sort(tied.begin(), tied.end());
    tied.erase(std::unique(tied.begin(), tied.end()), tied.end());
    if (tied.empty()) return;
    for (int i = 0; i < pair_tries && out.size() < wanted; ++i) {
      const auto [pa, pb] = tied[random_.below(tied.size())];
      const std::vector<Move>&a = moves[at(pa)], &b = moves[at(pb)];
      if (a.empty() || b.empty()) continue;
      const Move& first = a[random_.below(a.size())];
      const Move& second = b[random_.below(b.size())];
      apply(first);
      apply(second);
      if (holds(first, &second)) keep(out);
      undo(first);
      undo(second);
    }
  }

  // Where equations tie parameters: step one, then solve the broken equations for other slots, one after the
  // other.
  void equations(const std::vector<std::vector<Move>>& moves, std::vector<Point>& out, std::size_t wanted) {
    std::vector<int> tied;
    for (const Expression& condition : space_.conditions)
      if (condition.is_equation())
        for (const int name : condition.names()) tied.push_back(name);
    std::sort(tied.begin(), tied.end());
    tied.erase(std::unique(tied.begin(), tied.end()), tied.end());
    budget_ = repair_budget * (1 + static_cast<int>(std::min<std::size_t>(tied.size(), 8)));
    for (std::size_t i = tied.size(); i > 1; --i) std::swap(tied[i - 1], tied[random_.below(i)]);
    for (const int index : tied) {
      const PointSlot& slot = space_.table.slots[at(index)];
      std::vector<Move> starts;
      if (slot.group < 0 && !slot.real && slot.count <= 256) {
        for (std::int64_t choice = 0; choice < slot.count; ++choice) {
          Move move;
          move.add(index, slot.stored(choice));
          if (move.stored[0] != base_.numbers[at(index)]) starts.push_back(move);
        }
        // Near values first, so that a spent budget costs the far ones.
        const double here = base_.numbers[at(index)];
        std::stable_sort(starts.begin(), starts.end(), [here](const Move& a, const Move& b) {
          return std::abs(a.stored[0] - here) < std::abs(b.stored[0] - here);
        });
      } else {
        for (const Move& move : moves[at(slot.parameter)])
          if (std::find(move.slot.begin(), move.slot.begin() + move.count, index) != move.slot.begin() + move.count)
            starts.push_back(move);
      }
      for (const Move& move : starts) {
        if (budget_ < 0 || out.size() >= wanted + 64) return;
        changed_.assign(move.slot.begin(), move.slot.begin() + move.count);
        apply(move);
        repair(out, max_repairs);
        undo(move);
      }
    }
  }

  void repair(std::vector<Point>& out, int left) {
    // The broken equation with fewest slots that may still follow: what is computed from others comes last.
    int broken = -1;
    std::size_t fewest = 0;
    for (const int slot : changed_) {
      for (const int c : space_.touching[at(slot)]) {
        const Expression& condition = space_.conditions[at(c)];
        if (!condition.is_equation() || condition.holds(values_)) continue;
        std::size_t open = 0;
        for (const int name : condition.names())
          if (std::find(changed_.begin(), changed_.end(), name) == changed_.end()) ++open;
        if (broken < 0 || open < fewest) {
          broken = c;
          fewest = open;
        }
      }
    }
    if (broken < 0) {
      if (!space_.never && space_.holds(values_)) keep(out);
      return;
    }
    if (left == 0) return;
    for (const int index : space_.conditions[at(broken)].names()) {
      const PointSlot& slot = space_.table.slots[at(index)];
      if (slot.real || slot.group >= 0 || std::find(changed_.begin(), changed_.end(), index) != changed_.end())
        continue;
      std::vector<std::int64_t> found;
      solve(broken, index, 0, slot.count - 1, found);
      set(index, base_.numbers[at(index)]);
      changed_.push_back(index);
      for (const std::int64_t choice : found) {
        set(index, slot.stored(choice));
        repair(out, left - 1);
      }
      changed_.pop_back();
      set(index, base_.numbers[at(index)]);
    }
  }

  // Choices in [first, last] of one slot that satisfy an equation, by halving under interval bounds.
  void solve(int condition, int index, std::int64_t first, std::int64_t last, std::vector<std::int64_t>& found) {
    if (found.size() >= max_solutions || --budget_ < 0) return;
    const PointSlot& slot = space_.table.slots[at(index)];
    const Expression& equation = space_.conditions[at(condition)];
    if (first == last) {
      set(index, slot.stored(first));
      if (equation.holds(values_)) found.push_back(first);
      return;
    }
    box_[at(index)] = {slot.number(first), slot.number(last), false};
    if (equation.bounds(box_).high < 0.0) return;
    const std::int64_t middle = first + (last - first) / 2;
    solve(condition, index, first, middle, found);
    solve(condition, index, middle + 1, last, found);
  }

  void redraw(std::vector<Point>& out) {
    if (space_.never) return;
    for (const Component& component : space_.components()) {
      for (int i = 0; i < 8 && out.size() < limit_; ++i) {
        if (!space_.draw(component, random_, stored_)) break;
        space_.numbers(stored_, values_);
        if (space_.holds(values_)) keep(out);
      }
      stored_ = base_.numbers;
    }
  }

  const Space::Impl& space_;
  Random& random_;
  std::size_t limit_;
  const Point& base_;
  std::vector<double> stored_, values_;
  std::vector<Interval> box_;
  std::vector<int> changed_;
  std::set<Point> seen_;
  int budget_ = 0;
  bool feasible_ = false;
};

}  // namespace

std::vector<Point> Space::neighbours(const Point& point, Random& random, int limit) const {
  if (limit <= 0 || !impl_->table.legal(point.numbers)) return {};
  return NeighbourWalk(*impl_, point, random, at(limit)).run();
}

}  // namespace dovetail
