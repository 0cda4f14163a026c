// Does a space agree with listing all points: count, enumeration, samples, neighbours, closure?
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <set>

#include "spaces_examples.hpp"

#include <dovetail/spaces/space/point_slot.hpp>

using namespace dovetail;

namespace {

std::vector<Parameter> random_parameters(Random& random) {
  std::vector<Parameter> result;
  const std::size_t count = 2 + random.below(3);
  double points = 1.0;  // that brute force will list
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    switch (random.below(6)) {
      case 0: {
        const auto low = static_cast<std::int64_t>(random.below(5)) - 1;
        result.push_back({name, IntegerRange{low, low + static_cast<std::int64_t>(random.below(9)),
                                             1 + static_cast<std::int64_t>(random.below(2)), false}});
        break;
      }
      case 1:
        result.push_back({name, powers_of_two(0, 1 + static_cast<int>(random.below(4)))});
        break;
      case 2:
        result.push_back({name, CategoricalValues{{"x", "y", "z"}}});
        break;
      case 3:
        result.push_back({name, PermutationItems{{"p", "q", "r"}}});
        break;
      case 4: {
        const std::int64_t products[] = {1, 6, 12, 8, 30};
        result.push_back({name, Factorization{products[random.below(5)], {"s", "t", "u"}}});
        break;
      }
      default:
        result.push_back({name, IntegerRange{1, 6, 1, false}});
    }
    for (const PointSlot& slot : SlotTable({result.back()}).slots) points *= static_cast<double>(slot.count);
    if (points > 20'000) {
      result.pop_back();
      break;
    }
  }
  return result;
}

std::vector<std::string> random_constraints(const std::vector<Parameter>& parameters, Random& random) {
  std::vector<std::string> numbers, texts;
  for (const Symbol& symbol : symbols(parameters)) (symbol.texts.empty() ? numbers : texts).push_back(symbol.name);
  std::vector<std::string> result;
  const std::size_t count = random.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    if (!texts.empty() && random.below(4) == 0) {
      const std::string& text = texts[random.below(texts.size())];
      result.push_back(numbers.empty()
                           ? fmt::format("{} != 'y'", text)
                           : fmt::format("{} == 'x' or {} > 2", text, numbers[random.below(numbers.size())]));
      continue;
    }
    if (numbers.empty()) continue;
    const auto any = [&] { return numbers[random.below(numbers.size())]; };
    switch (random.below(6)) {
      case 0:
        result.push_back(fmt::format("{} * {} <= {}", any(), any(), 1 + random.below(20)));
        break;
      case 1:
        result.push_back(fmt::format("{} % {} == 0", any(), any()));
        break;
      case 2:
        result.push_back(fmt::format("{} + {} == {}", any(), any(), random.below(10)));
        break;
      case 3:
        result.push_back(fmt::format("{} * {} == {}", any(), any(), 1 + random.below(12)));
        break;
      case 4:
        result.push_back(fmt::format("{} < {} or {} >= 2", any(), any(), any()));
        break;
      default:
        result.push_back(fmt::format("max({}, {}) - {} <= 3 and {} != 2", any(), any(), any(), any()));
    }
  }
  return result;
}

void list(const SlotTable& table, std::size_t index, std::vector<double>& stored, std::vector<Point>& out) {
  if (index == stored.size()) {
    out.push_back({stored});
    return;
  }
  for (std::int64_t i = 0; i < table.slots[index].count; ++i) {
    stored[index] = table.slots[index].stored(i);
    list(table, index + 1, stored, out);
  }
}

std::vector<Point> brute_force(const Space& space) {
  const SlotTable table(space.parameters());
  std::vector<double> stored(table.slots.size());
  std::vector<Point> all, feasible;
  list(table, 0, stored, all);
  const std::vector<Symbol> names = symbols(space.parameters());
  for (const Point& point : all) {
    bool legal = true;
    std::vector<double> values;
    for (std::size_t i = 0; i < stored.size(); ++i) values.push_back(table.slots[i].number_of(point.numbers[i]));
    for (std::size_t p = 0; p < space.parameters().size(); ++p) {
      const auto begin = values.begin() + space.offset(static_cast<int>(p)), end = begin + width(space.parameters()[p]);
      if (const auto* factors = std::get_if<Factorization>(&space.parameters()[p].domain)) {
        double product = 1;
        for (auto at = begin; at != end; ++at) product *= *at;
        legal = legal && product == static_cast<double>(factors->product);
      }
      if (std::holds_alternative<PermutationItems>(space.parameters()[p].domain))
        legal = legal && std::set<double>(begin, end).size() == static_cast<std::size_t>(end - begin);
    }
    for (const Constraint& constraint : space.constraints()) legal = legal && constraint.predicate.holds(values);
    if (legal) feasible.push_back(point);
  }
  return feasible;
}

}  // namespace

TEST_CASE("counting, listing and walking agree with brute force") {
  CHECK(rc::check("agrees with brute force", [](std::uint64_t seed) {
    Random random(seed);
    const std::vector<Parameter> parameters = random_parameters(random);
    const std::vector<std::string> constraints = random_constraints(parameters, random);
    const Space space = make_space(parameters, constraints);
    const std::vector<Point> feasible = brute_force(space);
    const SpaceSize size = space.count();
    std::string what;
    for (const std::string& text : constraints) what += text + "; ";
    RC_LOG(what);
    RC_ASSERT(size.exact);
    RC_ASSERT(size.feasible == static_cast<double>(feasible.size()));
    RC_ASSERT(space.enumerate(1'000'000) == feasible);
    RC_ASSERT(space.enumerate(3).size() == std::min<std::size_t>(3, feasible.size()));
    const auto first = space.sample(random);
    RC_ASSERT(first.has_value() == !feasible.empty());
    if (!first) {
      if (seed % 4 == 0) {
        const auto closure = space.closure();
        RC_ASSERT(closure.has_value());
        RC_ASSERT(closure->proven);
        RC_ASSERT(closure->best_margin < 0.0);
      }
      return;
    }
    RC_ASSERT(!space.closure().has_value());
    // Uniform: every cell within six standard deviations.
    const int draws = 300;
    std::map<Point, int> seen;
    for (int i = 0; i < draws; ++i) ++seen[*space.sample(random)];
    const double mean = static_cast<double>(draws) / static_cast<double>(feasible.size());
    for (const auto& [point, times] : seen) {
      RC_ASSERT(std::binary_search(feasible.begin(), feasible.end(), point));
      RC_ASSERT(times <= mean + 8 * std::sqrt(mean) + 8);
    }
    const std::vector<Point> near = space.neighbours(*first, random, 20);
    RC_ASSERT(near.size() <= 20u);
    RC_ASSERT(std::set<Point>(near.begin(), near.end()).size() == near.size());
    for (const Point& point : near) {
      RC_ASSERT(point != *first);
      RC_ASSERT(std::binary_search(feasible.begin(), feasible.end(), point));
    }
    if (feasible.size() > 1) RC_ASSERT(!near.empty());
  }));
}
