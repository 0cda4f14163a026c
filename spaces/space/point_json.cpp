// Values of parameters between points and documents.
#include <dovetail/spaces/space/point_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

constexpr double ordinal_tolerance = 1e-9;  // of the value: decimals written by other programs

// Reads the value of one parameter into its numbers.
struct Reader {
  const Node& node;
  const std::string& name;
  Diagnostics& diagnostics;
  std::span<double> out;

  bool fail(const std::string& allowed) const {
    diagnostics.error(node.location(), fmt::format("{} is {}, allowed is {}", name, node.describe(), allowed));
    return false;
  }

  bool operator()(const RealRange& range) const {
    const std::optional<double> value = node.as_number();
    if (!value || !(*value >= range.low && *value <= range.high))
      return fail(fmt::format("a number in {} ... {}", range.low, range.high));
    out[0] = *value;
    return true;
  }

  bool operator()(const IntegerRange& range) const {
    std::optional<std::int64_t> value = node.as_integer();
    if (const auto number = node.as_number();
        !value && number && *number == std::floor(*number) && std::abs(*number) < 0x1.0p53)
      value = static_cast<std::int64_t>(*number);  // 4.0, as some programs write 4
    if (!value || *value < range.low || *value > range.high || (*value - range.low) % range.step != 0)
      return fail(range.step == 1
                      ? fmt::format("an integer in {} ... {}", range.low, range.high)
                      : fmt::format("an integer in {} ... {} in steps of {}", range.low, range.high, range.step));
    out[0] = static_cast<double>(*value);
    return true;
  }

  bool operator()(const OrdinalValues& ordinal) const {
    const std::optional<double> value = node.as_number();
    for (std::size_t i = 0; value && i < ordinal.values.size(); ++i) {
      if (std::abs(*value - ordinal.values[i]) > ordinal_tolerance * std::abs(ordinal.values[i])) continue;
      out[0] = static_cast<double>(i);
      return true;
    }
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(ordinal.values.size(), 12); ++i)
      list += fmt::format("{}{}", i ? ", " : "", ordinal.values[i]);
    return fail(list + (ordinal.values.size() > 12 ? ", ..." : ""));
  }

  bool operator()(const CategoricalValues& categorical) const {
    const std::optional<std::string> value = node.is_scalar() ? node.as_string() : std::nullopt;
    auto found =
        value ? std::find(categorical.values.begin(), categorical.values.end(), *value) : categorical.values.end();
    if (const auto number = node.as_number(); number && found == categorical.values.end())
      found = std::find_if(categorical.values.begin(), categorical.values.end(), [&](const std::string& text) {
        const auto other = nlohmann::json::parse(text, nullptr, false);  // 1.50 comes back as 1.5
        return other.is_number() && other.get<double>() == *number;
      });
    if (found == categorical.values.end()) {
      diagnostics.error(node.location(), fmt::format("{} is {}{}", name, node.describe(),
                                                     suggestion(value.value_or(""), categorical.values)));
      return false;
    }
    out[0] = static_cast<double>(found - categorical.values.begin());
    return true;
  }

  bool operator()(const PermutationItems& permutation) const {
    const std::string allowed = fmt::format("a list of all its {} items in some order", permutation.items.size());
    if (!node.is_sequence() || node.items().size() != permutation.items.size()) return fail(allowed);
    std::vector<char> seen(permutation.items.size(), 0);
    for (std::size_t position = 0; position < node.items().size(); ++position) {
      const Node& item = node.items()[position];
      const std::string text = item.as_string().value_or("");
      const auto found = std::find(permutation.items.begin(), permutation.items.end(), text);
      const auto index = static_cast<std::size_t>(found - permutation.items.begin());
      if (found == permutation.items.end()) {
        diagnostics.error(item.location(), fmt::format("an item of {} is {}{}", name, item.describe(),
                                                       suggestion(text, permutation.items)));
        return false;
      }
      if (seen[index]) {
        diagnostics.error(item.location(), fmt::format("{} has {} twice, allowed is {}", name, quote(text), allowed));
        return false;
      }
      seen[index] = 1;
      out[index] = static_cast<double>(position);
    }
    return true;
  }

  bool operator()(const Factorization& factorization) const {
    const std::string allowed =
        fmt::format("a list of {} factors with product {}", factorization.slots.size(), factorization.product);
    if (!node.is_sequence() || node.items().size() != factorization.slots.size()) return fail(allowed);
    std::int64_t rest = factorization.product;
    for (std::size_t i = 0; i < node.items().size(); ++i) {
      const std::optional<std::int64_t> factor = node.items()[i].as_integer();
      if (!factor || *factor < 1 || rest % *factor != 0) return fail(allowed);
      rest /= *factor;
      out[i] = static_cast<double>(*factor);
    }
    return rest == 1 || fail(allowed);
  }
};

// Names that a document gave without quotes: 3, 0.5, true.
using Json = nlohmann::ordered_json;
bool all_plain(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    const Json value = Json::parse(name, nullptr, false);
    return value.is_number() || value.is_boolean();
  });
}

Json named(const std::string& name, bool plain) {
  return plain ? Json::parse(name) : Json(name);
}

Json value_json(const Space& space, const Point& point, int index) {
  const Value value = space.value(point, index);
  const auto& domain = space.parameters()[static_cast<std::size_t>(index)].domain;
  if (const auto* category = std::get_if<std::string>(&value))
    return named(*category, all_plain(std::get<CategoricalValues>(domain).values));
  if (const auto* order = std::get_if<std::vector<std::string>>(&value)) {
    const bool plain = all_plain(*order);
    Json list = Json::array();
    for (const std::string& item : *order) list.push_back(named(item, plain));
    return list;
  }
  return std::visit([](const auto& other) { return Json(other); }, value);
}

}  // namespace

nlohmann::ordered_json to_json(const Space& space, const Point& point) {
  nlohmann::ordered_json result = nlohmann::ordered_json::object();
  for (std::size_t p = 0; p < space.parameters().size(); ++p)
    result[space.parameters()[p].name] = value_json(space, point, static_cast<int>(p));
  return result;
}

std::optional<Point> read_point(const Node& node, const Space& space, Diagnostics& diagnostics) {
  if (!node.is_mapping()) {
    diagnostics.error(node.location(),
                      fmt::format("a point is {}, allowed is a mapping of names to values", node.describe()));
    return std::nullopt;
  }
  Point point;
  point.numbers.resize(static_cast<std::size_t>(space.size()));
  std::vector<char> seen(space.parameters().size(), 0);
  bool good = true;
  for (const Node::Entry& entry : node.entries()) {
    const int index = space.find(entry.key);
    if (index < 0) {
      diagnostics.error(entry.where,
                        fmt::format("unknown parameter {}{}", quote(entry.key), suggestion(entry.key, space.names())));
      good = false;
      continue;
    }
    const Parameter& parameter = space.parameters()[static_cast<std::size_t>(index)];
    if (seen[static_cast<std::size_t>(index)]) {
      diagnostics.error(entry.where, fmt::format("parameter {} is there twice", quote(entry.key)));
      good = false;
      continue;
    }
    seen[static_cast<std::size_t>(index)] = 1;
    const std::span<double> out =
        std::span(point.numbers)
            .subspan(static_cast<std::size_t>(space.offset(index)), static_cast<std::size_t>(width(parameter)));
    good = std::visit(Reader{entry.value, parameter.name, diagnostics, out}, parameter.domain) && good;
  }
  for (std::size_t p = 0; p < seen.size(); ++p) {
    if (seen[p]) continue;
    diagnostics.error(node.location(), fmt::format("parameter {} is missing", quote(space.parameters()[p].name)));
    good = false;
  }
  if (!good) return std::nullopt;
  return point;
}

}  // namespace dovetail
