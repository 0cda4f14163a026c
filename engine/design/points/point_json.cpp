// One case per kind of parameter, in and out.
#include <dovetail/engine/design/points/point_json.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/printable.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = std::string(first_letters(text, 57)) + "...";
  return text;
}

// Whether a JSON value is this category or item; a name such as 3 or true may come without quotes.
bool is_named(const Json& value, const std::string& name) {
  if (value.is_string()) return value.get_ref<const std::string&>() == name;
  return (value.is_number() || value.is_boolean()) && value == Json::parse(name, nullptr, false);
}

// Writes the numbers of one parameter; an empty text when all is well.
std::string read_value(const Parameter& parameter, const Json& value, double* numbers) {
  const auto wrong = [&](const std::string& allowed) {
    return fmt::format("{} is {}, allowed is {}", quote(parameter.name), shown(value), allowed);
  };
  if (const auto* real = std::get_if<RealRange>(&parameter.domain)) {
    const std::string allowed = fmt::format("a number from {} to {}", real->low, real->high);
    if (!value.is_number()) return wrong(allowed);
    numbers[0] = value.get<double>();
    return numbers[0] >= real->low && numbers[0] <= real->high ? "" : wrong(allowed);
  }
  if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain)) {
    const std::string allowed =
        integer->step == 1
            ? fmt::format("an integer from {} to {}", integer->low, integer->high)
            : fmt::format("an integer from {} to {} in steps of {}", integer->low, integer->high, integer->step);
    if (!value.is_number()) return wrong(allowed);
    numbers[0] = value.get<double>();
    const bool in_range = numbers[0] == std::floor(numbers[0]) && numbers[0] >= static_cast<double>(integer->low) &&
                          numbers[0] <= static_cast<double>(integer->high);
    return in_range &&
                   std::fmod(numbers[0] - static_cast<double>(integer->low), static_cast<double>(integer->step)) == 0.0
               ? ""
               : wrong(allowed);
  }
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
    if (value.is_number())
      for (std::size_t i = 0; i < ordinal->values.size(); ++i)
        if (ordinal->values[i] == value.get<double>()) return numbers[0] = static_cast<double>(i), "";
    return wrong(fmt::format("one of {}", fmt::join(ordinal->values, ", ")));
  }
  if (const auto* choice = std::get_if<CategoricalValues>(&parameter.domain)) {
    for (std::size_t i = 0; i < choice->values.size(); ++i)
      if (is_named(value, choice->values[i])) return numbers[0] = static_cast<double>(i), "";
    return wrong(fmt::format("one of {}", fmt::join(choice->values, ", ")));
  }
  if (const auto* order = std::get_if<PermutationItems>(&parameter.domain)) {
    const std::string allowed = fmt::format("an order of {}", fmt::join(order->items, ", "));
    if (!value.is_array() || value.size() != order->items.size()) return wrong(allowed);
    std::vector<char> placed(order->items.size(), 0);
    for (std::size_t position = 0; position < value.size(); ++position) {
      const auto found = std::find_if(order->items.begin(), order->items.end(),
                                      [&](const std::string& item) { return is_named(value[position], item); });
      if (found == order->items.end()) return wrong(allowed);
      const auto item = static_cast<std::size_t>(found - order->items.begin());
      if (placed[item]) return wrong(allowed);
      placed[item] = 1;
      numbers[item] = static_cast<double>(position);
    }
    return "";
  }
  const auto& factorization = std::get<Factorization>(parameter.domain);
  const std::string allowed = fmt::format("{} positive integers ({}) with the product {}", factorization.slots.size(),
                                          fmt::join(factorization.slots, ", "), factorization.product);
  if (!value.is_array() || value.size() != factorization.slots.size()) return wrong(allowed);
  std::int64_t rest = factorization.product;
  for (std::size_t slot = 0; slot < value.size(); ++slot) {
    const bool fits = value[slot].is_number_integer() && value[slot] >= 1 && value[slot] <= factorization.product;
    if (!fits || rest % value[slot].get<std::int64_t>() != 0) return wrong(allowed);
    rest /= value[slot].get<std::int64_t>();
    numbers[slot] = static_cast<double>(value[slot].get<std::int64_t>());
  }
  return rest == 1 ? "" : wrong(allowed);
}

}  // namespace

Json point_to_json(const Space& space, const Point& point) {
  return to_json(space, point);
}

std::optional<Point> point_from_json(const Space& space, const Json& value, std::string& error) {
  if (!value.is_object()) {
    error = "a point is an object {name: value}, found " + shown(value);
    return std::nullopt;
  }
  Point point;
  point.numbers.assign(static_cast<std::size_t>(space.size()), 0.0);
  std::vector<std::string> mistakes;
  const std::vector<std::string> names = space.names();
  for (const auto& [name, entry] : value.items())
    if (space.find(name) < 0) mistakes.push_back("unknown parameter " + quote(name) + suggestion(name, names));
  for (int p = 0; p < static_cast<int>(names.size()); ++p) {
    const auto found = value.find(names[static_cast<std::size_t>(p)]);
    if (found == value.end()) {
      mistakes.push_back("parameter " + quote(names[static_cast<std::size_t>(p)]) + " is missing");
      continue;
    }
    const std::string mistake =
        read_value(space.parameters()[static_cast<std::size_t>(p)], *found, point.numbers.data() + space.offset(p));
    if (!mistake.empty()) mistakes.push_back(mistake);
  }
  if (mistakes.empty() && !space.contains(point)) {
    const std::vector<double> margins = space.margins(point);
    for (std::size_t i = 0; i < margins.size(); ++i)
      if (!(margins[i] >= 0.0))
        mistakes.push_back("the point breaks the constraint " + quote(space.constraints()[i].text));
    if (mistakes.empty()) mistakes.emplace_back("the point is outside the space");
  }
  if (!mistakes.empty()) {
    error = fmt::format("{}", fmt::join(mistakes, "; "));
    return std::nullopt;
  }
  return point;
}

}  // namespace dovetail
