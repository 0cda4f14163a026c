// dovetail serve: ask/tell over standard input and output.
#include <iostream>

#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/engine/verbs/search/serve.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include <dovetail/engine/cli/stream/signals.hpp>
#include <dovetail/engine/cli/words/flags.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct ServeWords : verbs::ServeOptions {
  std::string space;
};

int answer_questions(AskTell& session) {
  std::string line;
  while (!interrupted() && std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    put(printable_json(answer_line(session, line)) + "\n");
    flush();
  }
  return interrupted() ? interrupt_exit_code() : exit_done;
}

int run_serve(const ServeWords& options, const Common& common) {
  const Node space = load_file(options.space);
  if (common.dry_run)
    return ask(common, [&](const verbs::Asking& asking) { return verbs::serve(space, options, asking); });
  verbs::Asking asking = common;
  asking.tell = [](const std::string& line) { put_error(line); };
  try {
    return answer_questions(*verbs::open_serving(space, options, asking));
  } catch (const NoFeasiblePoint& error) {
    warn("error: {}\n", error.what());
    return exit_infeasible;
  }
}

}  // namespace

void add_serve(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<ServeWords>();
  CLI::App* command = add_subcommand(
      app, common, "serve", "Suggest points and learn outcomes over JSON lines (ask/tell)",
      "echo '{\"ask\": 2}' | dovetail serve space.yaml\n"
      "  in:  {\"ask\": n}    {\"tell\": [{\"id\": 0, \"metrics\": {\"edp\": 1.5}}, {\"id\": 1, \"failed\": "
      "\"why\"}]}\n"
      "  space.yaml: parameters: [{name, kind: real|integer|ordinal|categorical|permutation, low, high, log, "
      "values}],\n"
      "              constraints: [expressions], goal: {objectives: [{metric}], specs: [{metric, max|min}]}",
      {.formats = {"jsonl", "json"}, .seed = true, .threads = true, .set = true});
  command->add_option("space", options->space, "Document of the space and its goal (YAML or JSON)")
      ->required()
      ->type_name("SPACE");
  add_flags<verbs::ServeOptions>(*command, verbs::serve_table(), *options,
                                 {.without = {"lines"}, .types = {{"store", "FILE"}, {"related", "FILE"}}});
  command->callback(
      [&common, &action, options] { action = [&common, options] { return run_serve(*options, common); }; });
}

}  // namespace dovetail::cli
