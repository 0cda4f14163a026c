// An ask/tell session from the document of its space and goal.
#include <dovetail/engine/study/ask_tell_document.hpp>

#include <nlohmann/json.hpp>

#include <dovetail/engine/record/goal_document.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

// The trials of a store that are points of this space.
std::vector<Trial> related_trials(const std::string& path, const Space& space) {
  std::vector<Trial> result;
  for (StoredTrial& stored : read_store(path)->trials())
    if (stored.trial.point.numbers.size() == static_cast<std::size_t>(space.size()) &&
        space.contains(stored.trial.point))
      result.push_back(std::move(stored.trial));
  if (result.empty()) {
    Diagnostics diagnostics;
    diagnostics.error({path, 0, 0, ""}, "no trial of this store is a point of the space");
    diagnostics.raise();
  }
  return result;
}

// Names their content, for the identity of a session that learned from them.
std::string digest(const std::vector<std::vector<Trial>>& studies) {
  std::string text;
  for (const std::vector<Trial>& study : studies) {
    for (const Trial& trial : study) {
      for (const double number : trial.point.numbers) text += nlohmann::json(number).dump() + ",";
      for (const auto& [name, value] : trial.metrics) text += name + "=" + nlohmann::json(value).dump() + ",";
      text += trial.reason + ";";
    }
    text += "|";
  }
  return dovetail::digest(text);
}

// Says why there is nothing to suggest, before anything is.
void require_points(const Space& space, const Node& document) {
  Random random(0, {0x706f696e7473});  // "points"
  if (space.sample(random)) return;
  const std::optional<Closure> closure = space.closure();
  if (!closure) return;
  if (closure->proven) throw NoFeasiblePoint("no point satisfies the constraints: " + explain(*closure, space));
  if (!space.finite() && closure->constraint.find("==") != std::string::npos) {
    Diagnostics diagnostics;
    const Node* constraints = document.find("constraints");
    diagnostics.error(
        (constraints != nullptr ? *constraints : document).location(),
        "constraint " + quote(closure->constraint) +
            ": no point was found that satisfies it. An equality of real numbers leaves next to nothing to "
            "draw from: compute one parameter from the others, or allow a distance, abs(left - right) <= 1e-3");
    diagnostics.raise();
  }
  throw NoFeasiblePoint(
      explain(*closure, space) +
      "; draws, a search and climbs from the nearest points were tried, and it is not proven that there is none");
}

}  // namespace

std::unique_ptr<AskTell> open_session(const Node& document, const SessionOptions& options) {
  Diagnostics diagnostics;
  std::optional<Space> space = read_space(document, diagnostics);
  Goal goal;
  if (document.is_mapping()) {
    if (const Node* node = document.find("goal"))
      goal = read_goal(*node, diagnostics);
    else
      diagnostics.error(document.location(), "a space to serve needs `goal: {objectives: [{metric: NAME}]}`");
  }
  diagnostics.raise();
  require_points(*space, document);

  DesignerContext context{*std::move(space), goal, options.seed, options.threads, {}, {}, options.designer_options};
  for (const std::string& path : options.related) context.related.push_back(related_trials(path, context.space));
  make_designer(options.designer, context);  // an unknown name is told before a store is touched
  std::shared_ptr<Store> store;
  if (!options.store.empty()) {
    StudyRecord record;
    record.identity = {{"kind", "serve"},
                       {"designer", options.designer},
                       {"seed", std::to_string(options.seed)},
                       {"space", digest(to_json(document).dump())}};
    for (const auto& [name, value] : options.designer_options) record.identity["option " + name] = value;
    if (!context.related.empty()) record.identity["related"] = digest(context.related);
    record.information = {{"command", options.command}};
    store = open_store(options.store, record, options.resume);
  }
  return std::make_unique<AskTell>(options.designer, std::move(context), std::move(store));
}

}  // namespace dovetail
