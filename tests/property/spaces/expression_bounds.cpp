// Do interval bounds contain every value, and does a margin's sign say the truth, for random expressions?
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include <cmath>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

namespace {

const std::vector<Symbol> symbols{{"a", {}}, {"b", {}}, {"c", {}}};

std::string number(Random& random, int depth) {
  static const char* const names[] = {"a", "b", "c"};
  static const char* const binary[] = {"+", "-", "*", "/", "%", "^"};
  static const char* const unary[] = {"floor", "ceil", "log2", "abs", "sqrt", "exp", "log", "sin", "cos"};
  if (depth == 0 || random.below(5) == 0)
    return random.below(3) ? names[random.below(3)] : std::to_string(static_cast<int>(random.below(9)) - 2);
  const auto operand = [&] { return number(random, depth - 1); };
  switch (random.below(5)) {
    case 0:
      return fmt::format("{}({})", unary[random.below(9)], operand());
    case 1:
      return std::string(random.below(2) ? "min(" : "max(") + operand() + ", " + operand() + ", " + operand() + ")";
    default: {
      const std::string left = operand(), right = operand();
      return fmt::format("({} {} {})", left, binary[random.below(6)], right);
    }
  }
}

std::string condition(Random& random, int depth) {
  static const char* const comparisons[] = {"==", "!=", "<", "<=", ">", ">="};
  if (depth > 0 && random.below(2)) {
    const std::string left = condition(random, depth - 1);
    if (random.below(4) == 0) return fmt::format("not ({})", left);
    return fmt::format("({} {} {})", left, random.below(2) ? "and" : "or", condition(random, depth - 1));
  }
  if (random.below(4) == 0) return fmt::format("({}) % ({}) == 0", number(random, 1), number(random, 1));
  const std::string left = number(random, 2);
  return fmt::format("{} {} {}", left, comparisons[random.below(6)], number(random, 2));
}

}  // namespace

TEST_CASE("bounds contain every value") {
  CHECK(rc::check("bounds contain every value", [](std::uint64_t seed) {
    Random random(seed);
    for (int round = 0; round < 40; ++round) {
      const bool wants_condition = random.below(2) == 0;
      const std::string text = wants_condition ? condition(random, 2) : number(random, 3);
      const Expression expression = Expression::compile(text, symbols);
      std::vector<Interval> box(3);
      std::vector<double> low(3), high(3);
      const bool integers = random.below(2) == 0;
      for (std::size_t i = 0; i < 3; ++i) {
        low[i] = integers ? static_cast<double>(random.below(12)) - 4 : random.uniform(-3, 6);
        high[i] =
            low[i] +
            (random.below(3) == 0 ? 0.0 : (integers ? static_cast<double>(random.below(6)) : random.uniform(0, 3)));
        box[i] = {low[i], high[i], false};
      }
      const Interval bounds = expression.bounds(box);
      for (int sample = 0; sample < 30; ++sample) {
        std::vector<double> x(3);
        for (std::size_t i = 0; i < 3; ++i) {
          const std::uint64_t kind = random.below(4);
          x[i] = kind == 0 ? low[i] : kind == 1 ? high[i] : random.uniform(low[i], high[i]);
          if (integers) x[i] = std::round(x[i]);
          x[i] = std::min(std::max(x[i], low[i]), high[i]);
        }
        const double found = wants_condition ? expression.margin(x) : expression.value(x);
        const bool undefined = wants_condition ? std::isinf(found) : std::isnan(found);
        if (undefined) {
          if (!bounds.undefined) RC_FAIL(text + " is undefined somewhere and the bounds deny it");
        } else if (!(bounds.low <= found && found <= bounds.high)) {
          RC_FAIL(
              fmt::format("{} = {} outside {} {} at {} {} {}", text, found, bounds.low, bounds.high, x[0], x[1], x[2]));
        }
      }
    }
  }));
}

TEST_CASE("a conjunction holds where all its parts hold") {
  CHECK(rc::check("conjuncts", [](std::uint64_t seed) {
    Random random(seed);
    const Expression whole = Expression::compile(condition(random, 4), symbols);
    const std::vector<Expression> parts = whole.conjuncts();
    for (int sample = 0; sample < 50; ++sample) {
      const std::vector<double> x{static_cast<double>(random.below(7)), static_cast<double>(random.below(7)),
                                  random.uniform(-2, 4)};
      bool all = true;
      for (const Expression& part : parts) all = all && part.holds(x);
      RC_ASSERT(all == whole.holds(x));
    }
  }));
}

TEST_CASE("random bytes never crash the reader") {
  static const char alphabet[] = "ab c.1e+-*/%^()<>=!&|','not and or min max floor true\xff\n";
  CHECK(rc::check("random bytes", [](std::uint64_t seed) {
    Random random(seed);
    for (int round = 0; round < 100; ++round) {
      std::string text;
      const std::uint64_t size = random.below(30);
      for (std::uint64_t i = 0; i < size; ++i) text += alphabet[random.below(sizeof alphabet - 1)];
      std::vector<ExpressionMistake> mistakes;
      const auto expression = Expression::compile(text, symbols, mistakes);
      RC_ASSERT(expression.has_value() == mistakes.empty());
      if (expression) expression->value(std::vector<double>{1, 2, 3});
    }
  }));
}
