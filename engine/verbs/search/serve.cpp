// serve: a search as questions and answers.
#include <dovetail/engine/verbs/search/serve.hpp>

#include <map>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>

namespace dovetail::verbs {
namespace {

std::map<std::string, std::string> designer_options(const Asking& asking) {
  std::map<std::string, std::string> options;
  for (const std::string& assignment : asking.set) {
    const std::size_t equal = assignment.find('=');
    if (equal == std::string::npos || equal == 0)
      throw UsageError("--set " + assignment + ": expected NAME=VALUE, an option of the designer");
    options[assignment.substr(0, equal)] = assignment.substr(equal + 1);
  }
  return options;
}

void read_lines(const Node& node, ServeOptions& options, Diagnostics& diagnostics) {
  if (!require_sequence(node, "lines", diagnostics)) return;
  for (const Node& item : node.items()) options.lines.push_back(to_json(item).dump());
}

}  // namespace

const Record<ServeOptions>& serve_table() {
  using Options = ServeOptions;
  static const Record<Options> table =
      Record<Options>("options", "How a session suggests.")
          .optional("designer", &Options::designer, "Who suggests", one_of(designer_names()))
          .optional("store", &Options::store, "File that records every call")
          .optional("related", &Options::related,
                    "Store of a related study over the same parameters, to learn from (repeatable)")
          .optional("resume", &Options::resume, "Go on with the session in the store")
          .custom("lines", false, "questions in their order: {ask: n}, {tell: [...]}",
                  {{"type", "array"}, {"items", {{"type", "object"}}}}, read_lines);
  return table;
}

std::unique_ptr<AskTell> open_serving(const Node& space, const ServeOptions& options, const Asking& asking) {
  SessionOptions how{options.designer, designer_options(asking), asking.seed,    asking.threads,
                     options.store,    options.resume,           asking.command, options.related};
  if (asking.dry_run) how.store.clear();
  try {
    std::unique_ptr<AskTell> session = open_session(space, how);
    tell_notes(asking, session->notes());
    return session;
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());  // an unknown designer or option
  }
}

Answer serve(const Node& space, const ServeOptions& options, const Asking& asking) {
  Answer out;
  try {
    const std::unique_ptr<AskTell> session = open_serving(space, options, asking);
    if (asking.dry_run) {
      const SpaceSize size = session->space().count();
      out.say("{} parameters, {} constraints, {} points, {} feasible{}, designer {}\n",
              session->space().parameters().size(), session->space().constraints().size(), short_number(size.points),
              short_number(size.feasible), size.exact ? " (counted)" : " (estimated)", options.designer);
      return out;
    }
    out.record = Json::array();
    for (const std::string& line : options.lines) out.record.push_back(Json::parse(answer_line(*session, line)));
  } catch (const NoFeasiblePoint& error) {
    out.fail(End::infeasible, "error: {}\n", error.what());
  }
  return out;
}

}  // namespace dovetail::verbs
