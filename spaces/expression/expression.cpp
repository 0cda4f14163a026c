// Evaluation of compiled expressions: values, margins, and bounds over intervals.
#include <dovetail/spaces/expression/expression.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <dovetail/spaces/expression/interval_arithmetic.hpp>

namespace dovetail {

using namespace arithmetic;

int Expression::operands(const Step& step) {
  switch (step.op) {
    case Op::constant:
    case Op::name:
      return 0;
    case Op::minimum:
    case Op::maximum:
      return step.index;
    case Op::negate:
    case Op::floor:
    case Op::ceil:
    case Op::log2:
    case Op::abs:
    case Op::sqrt:
    case Op::exp:
    case Op::log:
    case Op::sin:
    case Op::cos:
    case Op::negation:
    case Op::truth:
      return 1;
    default:
      return 2;
  }
}

// clang-format off
double Expression::apply(const Step& step, const double* operand, int count) {
  const double a = operand[0], b = count > 1 ? operand[1] : 0.0;
  switch (step.op) {
    case Op::add: return a + b;
    case Op::subtract: return a - b;
    case Op::multiply: return a * b;
    case Op::divide: return divide(a, b);
    case Op::modulo: return modulo(a, b);
    case Op::power: return power(a, b);
    case Op::negate: return -a;
    case Op::minimum: return least(operand, count);
    case Op::maximum: return largest(operand, count);
    case Op::floor: return std::floor(a);
    case Op::ceil: return std::ceil(a);
    case Op::log2: return logarithm([](double x) { return std::log2(x); }, a);
    case Op::log: return logarithm([](double x) { return std::log(x); }, a);
    case Op::abs: return std::abs(a);
    case Op::sqrt: return a >= 0.0 ? std::sqrt(a) : undefined;
    case Op::exp: return std::exp(a);
    case Op::sin: return std::isinf(a) ? undefined : std::sin(a);
    case Op::cos: return std::isinf(a) ? undefined : std::cos(a);
    case Op::less: return less(a, b);
    case Op::less_equal: return less_equal(a, b);
    case Op::greater: return less(b, a);
    case Op::greater_equal: return less_equal(b, a);
    case Op::equal: return equal(a, b);
    case Op::unequal: return flip(equal(a, b));
    case Op::same_text: return a == b ? 1.0 : -1.0;
    case Op::other_text: return a == b ? -1.0 : 1.0;
    case Op::divides: return divides(a, b);
    case Op::divides_not: return flip(divides(a, b));
    case Op::conjunction: return both(a, b);
    case Op::disjunction: return either(a, b);
    case Op::negation: return flip(a);
    case Op::truth: return std::isnan(a) ? undefined : (a >= 0.0 ? 1.0 : 0.0);
    case Op::constant:
    case Op::name:
      break;
  }
  return undefined;
}
// clang-format on

double Expression::run(const double* values) const {
  if (steps_.empty()) return 1.0;
  std::array<double, max_stack> stack;
  double* top = stack.data() - 1;  // the last operand
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      *++top = step.op == Op::constant ? step.number : values[step.index];
      continue;
    }
    top -= count - 1;
    *top = apply(step, top, count);
  }
  return *top;
}

void Expression::residual(std::span<const double> values, std::span<const char> known, std::vector<double>& out) const {
  enum : char { open, decided, constant };
  std::array<double, max_stack> stack;
  std::array<char, max_stack> states;
  std::size_t top = 0;  // operands on the stack
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      const bool fixed = step.op == Op::constant;
      stack[top] = fixed ? step.number : values[static_cast<std::size_t>(step.index)];
      states[top++] = fixed ? constant : (known[static_cast<std::size_t>(step.index)] ? decided : open);
      continue;
    }
    top -= static_cast<std::size_t>(count);
    const auto begin = states.begin() + static_cast<std::ptrdiff_t>(top), end = begin + count;
    if (std::find(begin, end, static_cast<char>(open)) == end) {
      const bool fixed = std::find(begin, end, static_cast<char>(decided)) == end;
      stack[top] = apply(step, &stack[top], count);
      states[top] = fixed ? constant : decided;
    } else {
      for (std::size_t i = top; i < top + static_cast<std::size_t>(count); ++i)
        if (states[i] == decided) out.push_back(stack[i]);
      states[top] = open;
    }
    ++top;
  }
  if (top > 0 && states[0] == decided) out.push_back(stack[0]);
}

std::optional<std::pair<double, double>> Expression::sides(std::span<const double> values) const {
  if (steps_.empty() || steps_.back().op < Op::less || steps_.back().op > Op::unequal) return std::nullopt;
  const std::vector<std::size_t> first = first_steps();
  const std::size_t split = first[steps_.size() - 2];
  Expression left, right;
  left.steps_.assign(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(split));
  right.steps_.assign(steps_.begin() + static_cast<std::ptrdiff_t>(split), steps_.end() - 1);
  return std::pair{left.run(values.data()), right.run(values.data())};
}

double Expression::value(std::span<const double> values) const {
  const double result = run(values.data());
  if (!condition_ || std::isnan(result)) return result;
  return result >= 0.0 ? 1.0 : 0.0;
}

double Expression::margin(std::span<const double> values) const {
  double result = run(values.data());
  if (!condition_) result = flip(equal(result, 0.0));
  return std::isnan(result) ? -infinity : result;
}

Interval Expression::bounds(std::span<const Interval> values) const {
  if (steps_.empty()) return {1.0, 1.0, false};
  std::array<Interval, max_stack> stack;
  Interval* top = stack.data() - 1;
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      *++top = step.op == Op::constant ? point(step.number) : values[static_cast<std::size_t>(step.index)];
      continue;
    }
    top -= count - 1;
    const Interval a = top[0], b = count > 1 ? top[1] : Interval{};
    switch (step.op) {
      case Op::add:
        *top = add(a, b);
        break;
      case Op::subtract:
        *top = add(a, negate(b));
        break;
      case Op::multiply:
        *top = multiply(a, b);
        break;
      case Op::divide:
        *top = divide(a, b);
        break;
      case Op::modulo:
        *top = modulo(a, b);
        break;
      case Op::power:
        *top = is_point(a) && is_point(b) ? point(power(a.low, b.low)) : power(a, b);
        break;
      case Op::negate:
        *top = negate(a);
        break;
      case Op::minimum:
        for (int i = 1; i < count; ++i)
          *top = {std::min(top->low, top[i].low), std::min(top->high, top[i].high), top->undefined || top[i].undefined};
        break;
      case Op::maximum:
        for (int i = 1; i < count; ++i)
          *top = {std::max(top->low, top[i].low), std::max(top->high, top[i].high), top->undefined || top[i].undefined};
        break;
      case Op::floor:
        *top = {std::floor(a.low), std::floor(a.high), a.undefined};
        break;
      case Op::ceil:
        *top = {std::ceil(a.low), std::ceil(a.high), a.undefined};
        break;
      case Op::log2:
        *top = is_point(a) && a.low > 0.0 ? point(std::log2(a.low))
                                          : growing([](double x) { return std::log2(x); }, a, 0.0, true);
        break;
      case Op::log:
        *top = is_point(a) && a.low > 0.0 ? point(std::log(a.low))
                                          : growing([](double x) { return std::log(x); }, a, 0.0, true);
        break;
      case Op::abs:
        *top = absolute(a);
        break;
      case Op::sqrt:
        *top = is_point(a) && a.low >= 0.0 ? point(std::sqrt(a.low))
                                           : growing([](double x) { return std::sqrt(x); }, a, 0.0, false);
        break;
      case Op::exp:
        *top = is_point(a) ? point(std::exp(a.low)) : widened(std::exp(a.low), std::exp(a.high), a.undefined);
        break;
      case Op::sin:
        *top = is_point(a) && !has_infinity(a) ? point(std::sin(a.low))
                                               : Interval{-1.0, 1.0, a.undefined || has_infinity(a)};
        break;
      case Op::cos:
        *top = is_point(a) && !has_infinity(a) ? point(std::cos(a.low))
                                               : Interval{-1.0, 1.0, a.undefined || has_infinity(a)};
        break;
      case Op::less:
        *top = less(a, b);
        break;
      case Op::less_equal:
        *top = less_equal(a, b);
        break;
      case Op::greater:
        *top = less(b, a);
        break;
      case Op::greater_equal:
        *top = less_equal(b, a);
        break;
      case Op::equal:
        *top = equal(a, b);
        break;
      case Op::unequal:
        *top = flip(equal(a, b));
        break;
      case Op::same_text:
      case Op::other_text: {
        const bool apart = a.high < b.low || b.high < a.low, same = is_point(a) && is_point(b) && a.low == b.low;
        const Interval result{same ? 1.0 : -1.0, apart ? -1.0 : 1.0, a.undefined || b.undefined};
        *top = step.op == Op::same_text ? result : negate(result);
        break;
      }
      case Op::divides:
        *top = divides(a, b);
        break;
      case Op::divides_not:
        *top = flip(divides(a, b));
        break;
      case Op::conjunction:
        *top = both(a, b);
        break;
      case Op::disjunction:
        *top = either(a, b);
        break;
      case Op::negation:
        *top = flip(a);
        break;
      case Op::truth:
        *top = {a.low >= 0.0 ? 1.0 : 0.0, a.high >= 0.0 ? 1.0 : 0.0, a.undefined};
        break;
      case Op::constant:
      case Op::name:
        break;
    }
  }
  return *top;
}

// The first step of the operand or operation that ends at each step, found by walking the postfix program.
std::vector<std::size_t> Expression::first_steps() const {
  std::vector<std::size_t> starts, first(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const int count = operands(steps_[i]);
    std::size_t start = i;
    for (int k = 0; k < count; ++k) {
      start = starts.back();
      starts.pop_back();
    }
    first[i] = start;
    starts.push_back(start);
  }
  return first;
}

std::vector<Expression> Expression::conjuncts() const {
  if (steps_.empty() || steps_.back().op != Op::conjunction) return {*this};
  const std::vector<std::size_t> first = first_steps();
  std::vector<Expression> result;
  std::vector<std::size_t> ends{steps_.size() - 1};  // roots still to split, last one first
  while (!ends.empty()) {
    const std::size_t end = ends.back();
    ends.pop_back();
    if (steps_[end].op == Op::conjunction) {
      ends.push_back(end - 1);
      ends.push_back(first[end - 1] - 1);
      continue;
    }
    Expression part;
    part.steps_.assign(steps_.begin() + static_cast<std::ptrdiff_t>(first[end]),
                       steps_.begin() + static_cast<std::ptrdiff_t>(end) + 1);
    part.collect_names();
    result.push_back(std::move(part));
  }
  return result;
}

void Expression::collect_names() {
  names_.clear();
  for (const Step& step : steps_)
    if (step.op == Op::name) names_.push_back(step.index);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

}  // namespace dovetail
