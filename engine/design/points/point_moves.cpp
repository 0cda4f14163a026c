// One case per kind of parameter; the constraints decide afterwards.
#include <dovetail/engine/design/points/point_moves.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

constexpr int tries = 8;

double step_number(double value, double low, double high, double step, double scale, Random& random) {
  const double count = std::floor((high - low) / step + 1e-9);
  if (count < 1.0) return value;
  double move = std::round(random.normal() * scale * count);
  if (move == 0.0) move = random.below(2) ? 1.0 : -1.0;
  const double at = std::round((value - low) / step);
  double next = std::clamp(at + move, 0.0, count);
  if (next == at) next = std::clamp(at - move, 0.0, count);
  return low + next * step;
}

// Moves one prime factor from one slot to another.
void move_factor(double* factors, int count, Random& random) {
  std::vector<int> sources;
  for (int i = 0; i < count; ++i)
    if (factors[i] > 1.0) sources.push_back(i);
  if (sources.empty() || count < 2) return;
  const int from = sources[random.below(sources.size())];
  int to = static_cast<int>(random.below(static_cast<std::uint64_t>(count - 1)));
  if (to >= from) ++to;
  std::vector<double> primes;
  auto rest = static_cast<std::int64_t>(factors[from]);
  for (std::int64_t p = 2; p * p <= rest; ++p)
    while (rest % p == 0) primes.push_back(static_cast<double>(p)), rest /= p;
  if (rest > 1) primes.push_back(static_cast<double>(rest));
  const double prime = primes[random.below(primes.size())];
  factors[from] /= prime;
  factors[to] *= prime;
}

void move_parameter(const Parameter& parameter, double* numbers, double scale, Random& random) {
  if (const auto* real = std::get_if<RealRange>(&parameter.domain)) {
    const double ratio = real->log ? std::log(real->high / real->low) : real->high - real->low;
    double next = 0.0;
    for (int reflection = 0; reflection < 4; ++reflection) {
      const double move = random.normal() * scale * ratio;
      next = real->log ? numbers[0] * std::exp(move) : numbers[0] + move;
      if (next >= real->low && next <= real->high) break;
    }
    numbers[0] = std::clamp(next, real->low, real->high);
  } else if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain)) {
    const auto low = static_cast<double>(integer->low), high = static_cast<double>(integer->high);
    if (integer->log && integer->low > 0) {
      const auto step = static_cast<double>(integer->step);
      const double moved = numbers[0] * std::exp(random.normal() * scale * std::log(high / low));
      const double top = low + std::floor((high - low) / step) * step;
      const double next = std::clamp(low + std::round((moved - low) / step) * step, low, top);
      numbers[0] = next != numbers[0] ? next : step_number(numbers[0], low, high, step, 0.0, random);
    } else {
      numbers[0] = step_number(numbers[0], low, high, static_cast<double>(integer->step), scale, random);
    }
  } else if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
    numbers[0] = step_number(numbers[0], 0.0, static_cast<double>(ordinal->values.size()) - 1.0, 1.0, scale, random);
  } else if (const auto* choice = std::get_if<CategoricalValues>(&parameter.domain)) {
    if (choice->values.size() < 2) return;
    auto next = static_cast<double>(random.below(choice->values.size() - 1));
    if (next >= numbers[0]) next += 1.0;
    numbers[0] = next;
  } else if (const auto* items = std::get_if<PermutationItems>(&parameter.domain)) {
    if (items->items.size() < 2) return;
    const std::size_t a = random.below(items->items.size());
    std::size_t b = random.below(items->items.size() - 1);
    if (b >= a) ++b;
    std::swap(numbers[a], numbers[b]);
  } else {
    move_factor(numbers, width(parameter), random);
  }
}

}  // namespace

std::optional<Point> random_move(const Space& space, const Point& point, const MoveSize& size, Random& random) {
  const std::size_t count = space.parameters().size();
  if (count == 0) return std::nullopt;
  for (int attempt = 0; attempt < tries; ++attempt) {
    Point moved = point;
    const std::size_t sure = random.below(count);
    for (std::size_t p = 0; p < count; ++p)
      if (p == sure || random.uniform() < size.probability)
        move_parameter(space.parameters()[p], moved.numbers.data() + space.offset(static_cast<int>(p)), size.scale,
                       random);
    if (!(moved == point) && (space.constraints().empty() || space.contains(moved))) return moved;
  }
  return std::nullopt;
}

bool confine(const Space& space, const Point& centre, double length, Point& point) {
  bool moved = false;
  for (std::size_t p = 0; p < space.parameters().size(); ++p) {
    const auto at = static_cast<std::size_t>(space.offset(static_cast<int>(p)));
    const double middle = centre.numbers[at], value = point.numbers[at];
    double low = value, high = value;
    const auto& domain = space.parameters()[p].domain;
    if (const auto* real = std::get_if<RealRange>(&domain)) {
      const double reach = 0.5 * length * (real->log ? std::log(real->high / real->low) : real->high - real->low);
      low = real->log ? middle * std::exp(-reach) : middle - reach;
      high = real->log ? middle * std::exp(reach) : middle + reach;
    } else if (const auto* integer = std::get_if<IntegerRange>(&domain)) {
      const auto step = static_cast<double>(integer->step);
      const double range = static_cast<double>(integer->high - integer->low);
      if (integer->log && integer->low > 0) {
        const double ratio =
            std::exp(0.5 * length * std::log(static_cast<double>(integer->high) / static_cast<double>(integer->low)));
        low = middle - step * std::max(1.0, std::floor(middle * (1.0 - 1.0 / ratio) / step));
        high = middle + step * std::max(1.0, std::floor(middle * (ratio - 1.0) / step));
      } else {
        const double reach = step * std::max(1.0, std::floor(0.5 * length * range / step));
        low = middle - reach, high = middle + reach;
      }
    } else if (const auto* ordinal = std::get_if<OrdinalValues>(&domain)) {
      const double range = static_cast<double>(ordinal->values.size()) - 1.0;
      const double reach = std::max(1.0, std::floor(0.5 * length * range));
      low = middle - reach, high = middle + reach;
    }
    if (value >= low && value <= high) continue;
    point.numbers[at] = std::clamp(value, low, high);
    moved = true;
  }
  return !moved || space.constraints().empty() || space.contains(point);
}

}  // namespace dovetail
