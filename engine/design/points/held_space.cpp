// Holding parameters: numbers by their range, choices by a condition.
#include <dovetail/engine/design/points/held_space.hpp>

#include <string>

#include <fmt/format.h>

namespace dovetail {

Space held_space(const Space& space, std::span<const HeldParameter> held) {
  std::vector<Parameter> parameters = space.parameters();
  std::vector<Constraint> constraints = space.constraints();
  std::vector<std::string> conditions;
  for (const HeldParameter& one : held) {
    Parameter& parameter = parameters[static_cast<std::size_t>(one.parameter)];
    if (auto* integer = std::get_if<IntegerRange>(&parameter.domain)) {
      const auto value = static_cast<std::int64_t>(one.stored);
      *integer = {value, value, 1, false};
    } else if (auto* real = std::get_if<RealRange>(&parameter.domain)) {
      *real = {one.stored, one.stored, false};
    } else if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
      conditions.push_back(
          fmt::format("{} == {}", parameter.name, ordinal->values[static_cast<std::size_t>(one.stored)]));
    } else if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain)) {
      conditions.push_back(
          fmt::format("{} == '{}'", parameter.name, words->values[static_cast<std::size_t>(one.stored)]));
    }
  }
  for (std::string& condition : conditions) constraints.push_back(make_constraint(std::move(condition), parameters));
  return Space(std::move(parameters), std::move(constraints));
}

std::string group_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

}  // namespace dovetail
