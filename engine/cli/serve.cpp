// `dovetail serve SPACE`: ask/tell over standard input and output.
#include <iostream>
#include <map>
#include <string>

#include <fmt/format.h>

#include <dovetail/engine/report/table.hpp>
#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include "command.hpp"
#include "notes.hpp"
#include "signals.hpp"

namespace dovetail::cli {
namespace {

struct Words {
  std::string space;
  std::string designer = "bayes";
  std::string store;
  std::vector<std::string> related;
  bool resume = false;
};

// --set name=value are the designer's options.
std::map<std::string, std::string> designer_options(const Common& common) {
  std::map<std::string, std::string> options;
  for (const std::string& assignment : common.set) {
    const std::size_t equal = assignment.find('=');
    if (equal == std::string::npos || equal == 0)
      throw UsageError("--set " + assignment + ": expected NAME=VALUE, an option of the designer");
    options[assignment.substr(0, equal)] = assignment.substr(equal + 1);
  }
  return options;
}

int serve(const Common& common, const Words& words) {
  SessionOptions options{words.designer, designer_options(common), common.seed,  common.threads, words.store,
                         words.resume,   common.command_line,      words.related};
  if (common.dry_run) options.store.clear();
  std::unique_ptr<AskTell> session;
  try {
    session = open_session(load_file(words.space), options);
    print_notes(session->notes());
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());  // an unknown designer or option
  } catch (const NoFeasiblePoint& error) {
    warn("error: {}\n", error.what());
    return exit_infeasible;
  }
  if (common.dry_run) {
    const SpaceSize size = session->space().count();
    say("{} parameters, {} constraints, {} points, {} feasible{}, designer {}\n",
               session->space().parameters().size(), session->space().constraints().size(),
               short_number(size.points), short_number(size.feasible),
               size.exact ? " (counted)" : " (estimated)", words.designer);
    return exit_done;
  }

  std::string line;
  while (!interrupted() && std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    put(printable_json(answer_line(*session, line)) + "\n");
    flush();
  }
  return interrupted() ? interrupt_exit_code() : exit_done;
}

}  // namespace

void add_serve(CLI::App& app, Common& common, Action& action) {
  auto words = std::make_shared<Words>();
  CLI::App* command = add_subcommand(
      app, common, "serve", "Suggest points and learn outcomes over JSON lines (ask/tell)",
      "echo '{\"ask\": 2}' | dovetail serve space.yaml\n"
      "  in:  {\"ask\": n}    {\"tell\": [{\"id\": 0, \"metrics\": {\"edp\": 1.5}}, {\"id\": 1, \"failed\": "
      "\"why\"}]}\n"
      "  space.yaml: parameters: [{name, kind: real|integer|ordinal|categorical|permutation, low, high, log, "
      "values}],\n"
      "              constraints: [expressions], goal: {objectives: [{metric}], specs: [{metric, max|min}]}",
      {.formats = {"jsonl", "json"}, .seed = true, .threads = true, .set = true});
  command->add_option("space", words->space, "Document of the space and its goal (YAML or JSON)")
      ->required()
      ->type_name("SPACE");
  command->add_option("--designer", words->designer, "Who suggests")
      ->check(CLI::IsMember(designer_names()))
      ->capture_default_str();
  command->add_option("--store", words->store, "File that records every call")->type_name("FILE");
  command
      ->add_option("--related", words->related,
                   "Store of a related study over the same parameters, to learn from (repeatable)")
      ->type_name("FILE");
  command->add_flag("--resume", words->resume, "Go on with the session in the store");
  command->callback(
      [&common, &action, words] { action = [&common, words] { return serve(common, *words); }; });
}

}  // namespace dovetail::cli
