// An ask/tell session from the document of its space and goal.
#include <dovetail/engine/session_document.hpp>

#include <nlohmann/json.hpp>

#include <dovetail/engine/goal_document.hpp>
#include <dovetail/engine/store.hpp>
#include <dovetail/spaces/space_document.hpp>

namespace dovetail {

std::unique_ptr<AskTell> open_session(const Node& document, const SessionOptions& options) {
  Diagnostics diagnostics;
  std::optional<Space> space = read_space(document, diagnostics, {"goal"});
  Goal goal;
  if (document.is_mapping()) {
    if (const Node* node = document.find("goal"))
      goal = read_goal(*node, diagnostics);
    else
      diagnostics.error(document.location(), "a space to serve needs `goal: {objectives: [{metric: NAME}]}`");
  }
  diagnostics.raise();

  DesignerContext context{*std::move(space),       goal, options.seed, options.threads, {}, {},
                          options.designer_options};
  make_designer(options.designer, context);  // an unknown name is told before a store is touched
  std::shared_ptr<Store> store;
  if (!options.store.empty()) {
    StudyRecord record;
    record.identity = {{"kind", "serve"},
                       {"designer", options.designer},
                       {"seed", std::to_string(options.seed)},
                       {"space", digest(to_json(document).dump())}};
    for (const auto& [name, value] : options.designer_options) record.identity["option " + name] = value;
    record.information = {{"command", options.command}};
    store = open_store(options.store, record, options.resume);
  }
  return std::make_unique<AskTell>(options.designer, std::move(context), std::move(store));
}

}  // namespace dovetail
