// Reading of goals, every mistake in one run.
#include <dovetail/engine/record/goal_document.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace dovetail {
namespace {

void check_keys(const Node& node, const std::vector<std::string>& allowed, const std::string& what,
                Diagnostics& diagnostics) {
  for (const Node::Entry& entry : node.entries())
    if (std::find(allowed.begin(), allowed.end(), entry.key) == allowed.end())
      diagnostics.error(entry.where,
                        "unknown key " + quote(entry.key) + " of " + what + suggestion(entry.key, allowed));
}

// The list under `key`, with only mappings in it; complains otherwise.
std::vector<Node> mappings(const Node& goal, const std::string& key, Diagnostics& diagnostics) {
  const Node* list = goal.find(key);
  std::vector<Node> result;
  if (!list || list->is_null()) return result;
  if (!list->is_sequence()) {
    diagnostics.error(list->location(), key + " is " + list->describe() + ", allowed is a list of mappings");
    return result;
  }
  for (const Node& item : list->items()) {
    if (item.is_mapping())
      result.push_back(item);
    else
      diagnostics.error(item.location(), "an entry of " + key + " is " + item.describe() + ", allowed is a mapping");
  }
  return result;
}

std::string read_metric(const Node& item, const std::string& what, Diagnostics& diagnostics) {
  const Node* metric = item.find("metric");
  if (!metric) {
    diagnostics.error(item.location(), what + " needs `metric`, the name of what is measured");
    return "";
  }
  if (!metric->as_string() || metric->as_string()->empty()) {
    diagnostics.error(metric->location(), "metric is " + metric->describe() + ", allowed is a name");
    return "";
  }
  return *metric->as_string();
}

}  // namespace

Goal read_goal(const Node& document, Diagnostics& diagnostics) {
  Goal goal;
  if (!document.is_mapping()) {
    diagnostics.error(document.location(),
                      "goal is " + document.describe() + ", allowed is {objectives: [...], specs: [...]}");
    return goal;
  }
  check_keys(document, {"objectives", "specs"}, "a goal", diagnostics);
  for (const Node& item : mappings(document, "objectives", diagnostics)) {
    check_keys(item, {"metric", "minimize"}, "an objective", diagnostics);
    Objective objective{read_metric(item, "an objective", diagnostics), true};
    if (const Node* minimize = item.find("minimize")) {
      if (minimize->as_boolean())
        objective.minimize = *minimize->as_boolean();
      else
        diagnostics.error(minimize->location(), "minimize is " + minimize->describe() + ", allowed are true and false");
    }
    const bool doubled = std::any_of(goal.objectives.begin(), goal.objectives.end(),
                                     [&](const Objective& other) { return other.metric == objective.metric; });
    if (doubled) diagnostics.error(item.location(), "objective " + quote(objective.metric) + " stands twice");
    goal.objectives.push_back(std::move(objective));
  }
  if (goal.objectives.empty() && !diagnostics.failed())
    diagnostics.error(document.location(), "a goal needs at least one objective: {objectives: [{metric: NAME}]}");
  for (const Node& item : mappings(document, "specs", diagnostics)) {
    check_keys(item, {"metric", "max", "min"}, "a spec", diagnostics);
    Spec spec{read_metric(item, "a spec", diagnostics), {}, {}};
    const auto bound = [&](const char* key, std::optional<double>& slot) {
      const Node* value = item.find(key);
      if (!value) return;
      const std::optional<double> number = value->as_number();
      if (number && std::isfinite(*number))
        slot = number;
      else
        diagnostics.error(value->location(),
                          std::string(key) + " is " + value->describe() + ", allowed is a finite number");
    };
    bound("max", spec.max);
    bound("min", spec.min);
    if (!item.find("max") && !item.find("min"))
      diagnostics.error(item.location(), "a spec needs `max` or `min`, the bound of its metric");
    if (spec.max && spec.min && *spec.max < *spec.min)
      diagnostics.error(item.location(), "a spec's max is below its min: nothing can hold both");
    goal.specs.push_back(std::move(spec));
  }
  return goal;
}

}  // namespace dovetail
