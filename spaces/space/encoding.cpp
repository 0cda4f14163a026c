// Scales of the coordinates, logarithmic where that is the natural step.
#include <dovetail/spaces/space/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {
namespace {

// Largest gap over smallest: 1 for even spacing.
double unevenness(const std::vector<double>& values, bool log) {
  double smallest = std::numeric_limits<double>::infinity(), largest = 0.0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double gap = log ? std::log(values[i] / values[i - 1]) : values[i] - values[i - 1];
    smallest = std::min(smallest, gap);
    largest = std::max(largest, gap);
  }
  return largest / smallest;
}

}  // namespace

Encoding::Encoding(const Space& space, CategoryCode categories) {
  const SlotTable table(space.parameters());
  const std::vector<Symbol> names = symbols(space.parameters());
  numbers_ = static_cast<int>(table.slots.size());
  for (std::size_t i = 0; i < table.slots.size(); ++i) {
    const PointSlot& slot = table.slots[i];
    const auto& domain = space.parameters()[static_cast<std::size_t>(slot.parameter)].domain;
    Coordinate coordinate;
    coordinate.name = names[i].name;
    coordinate.parameter = slot.parameter;
    coordinate.number = static_cast<int>(i);
    coordinate.choices = slot.real ? 0 : slot.count;
    Scale scale;
    const auto span = [&](double low, double high) {
      scale.low = coordinate.log ? std::log(low) : low;
      scale.width = (coordinate.log ? std::log(high) : high) - scale.low;
    };
    if (slot.real) {
      coordinate.log = slot.log;
      span(slot.low, slot.high);
    } else if (std::holds_alternative<IntegerRange>(domain)) {
      coordinate.kind = Coordinate::Kind::integer;
      coordinate.log = slot.log;
      span(slot.number(0), slot.number(slot.count - 1));
    } else if (std::holds_alternative<OrdinalValues>(domain)) {
      coordinate.kind = Coordinate::Kind::ordinal;
      coordinate.log =
          slot.table.front() > 0.0 && slot.count > 2 && unevenness(slot.table, true) < unevenness(slot.table, false);
      span(slot.table.front(), slot.table.back());
      for (const double value : slot.table)
        scale.units.push_back(scale.width > 0.0 ? ((coordinate.log ? std::log(value) : value) - scale.low) / scale.width
                                                : 0.0);
      scale.units.front() = 0.0;
      if (scale.units.size() > 1) scale.units.back() = 1.0;
    } else if (std::holds_alternative<CategoricalValues>(domain)) {
      coordinate.kind = Coordinate::Kind::category;
      if (categories == CategoryCode::one_hot) {
        for (std::size_t v = 0; v < names[i].texts.size(); ++v) {
          Coordinate bit = coordinate;
          bit.name = fmt::format("{}={}", coordinate.name, names[i].texts[v]);
          bit.value = static_cast<int>(v);
          bit.choices = 2;
          coordinates_.push_back(std::move(bit));
          scales_.push_back({0.0, -1.0, {}});  // a bit: no scale
          first_.push_back(0.0);
          step_.push_back(1.0);
        }
        continue;
      }
      span(0.0, static_cast<double>(slot.count - 1));
    } else if (std::holds_alternative<PermutationItems>(domain)) {
      coordinate.kind = Coordinate::Kind::position;
      span(0.0, static_cast<double>(slot.count - 1));
    } else {
      coordinate.kind = Coordinate::Kind::factor;
      coordinate.log = true;
      span(1.0, slot.table.back());
    }
    coordinates_.push_back(std::move(coordinate));
    scales_.push_back(std::move(scale));
    first_.push_back(slot.real ? slot.low : slot.first);
    step_.push_back(slot.real ? slot.high : slot.step);
  }
}

double Encoding::unit(std::size_t index, double stored) const {
  const Coordinate& coordinate = coordinates_[index];
  const Scale& scale = scales_[index];
  if (scale.width < 0.0) return stored == coordinate.value ? 1.0 : 0.0;
  if (!scale.units.empty())
    return scale.units[std::min(static_cast<std::size_t>(std::max(stored, 0.0)), scale.units.size() - 1)];
  if (scale.width == 0.0) return 0.0;
  return std::clamp(((coordinate.log ? std::log(stored) : stored) - scale.low) / scale.width, 0.0, 1.0);
}

void Encoding::encode(const Point& point, std::span<double> out) const {
  if (static_cast<int>(point.numbers.size()) != numbers_ || out.size() != coordinates_.size())
    throw std::invalid_argument("a point of another space");
  for (std::size_t i = 0; i < coordinates_.size(); ++i)
    out[i] = unit(i, point.numbers[static_cast<std::size_t>(coordinates_[i].number)]);
}

std::vector<double> Encoding::operator()(const Point& point) const {
  std::vector<double> result(coordinates_.size());
  encode(point, result);
  return result;
}

void Encoding::place(Point& point, int coordinate, double target) const {
  const auto index = static_cast<std::size_t>(coordinate);
  const Coordinate& at = coordinates_[index];
  const Scale& scale = scales_[index];
  double& number = point.numbers[static_cast<std::size_t>(at.number)];
  target = std::clamp(target, 0.0, 1.0);
  const auto value = [&] {
    return at.log ? std::exp(scale.low + target * scale.width) : scale.low + target * scale.width;
  };
  switch (at.kind) {
    case Coordinate::Kind::real:
      number = std::clamp(value(), first_[index], step_[index]);
      break;
    case Coordinate::Kind::integer: {
      const double choice =
          std::clamp(std::round((value() - first_[index]) / step_[index]), 0.0, static_cast<double>(at.choices - 1));
      number = first_[index] + choice * step_[index];
      break;
    }
    case Coordinate::Kind::ordinal: {
      const auto above = std::lower_bound(scale.units.begin(), scale.units.end(), target);
      auto best = above == scale.units.end() ? above - 1 : above;
      if (best != scale.units.begin() && target - *(best - 1) < *best - target) --best;
      number = static_cast<double>(best - scale.units.begin());
      break;
    }
    case Coordinate::Kind::category:
      if (scale.width < 0.0) {
        if (target > 0.5) number = at.value;
      } else {
        number = std::round(target * scale.width);
      }
      break;
    case Coordinate::Kind::position:
    case Coordinate::Kind::factor:
      break;
  }
}

}  // namespace dovetail
