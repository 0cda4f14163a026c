// `dovetail serve SPACE`: ask/tell over standard input and output.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include <fmt/format.h>

#include <dovetail/engine/ask_tell.hpp>
#include <dovetail/engine/goal_document.hpp>
#include <dovetail/spaces/space_document.hpp>

#include "command.hpp"
#include "signals.hpp"

namespace dovetail::cli {
namespace {

struct Words {
  std::string space;
  std::string designer = "bayes";
  std::string store;
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
  const Node document = load_file(words.space);
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

  DesignerContext context{*space, goal, common.seed, common.threads, {}, {}, designer_options(common)};
  if (common.dry_run) {
    fmt::print(stderr, "{} parameters, {} constraints, designer {}\n", space->parameters().size(),
               space->constraints().size(), words.designer);
    return exit_done;
  }
  std::shared_ptr<Store> store;
  if (!words.store.empty()) {
    StudyRecord record;
    record.identity = {{"kind", "serve"},
                       {"designer", words.designer},
                       {"seed", std::to_string(common.seed)},
                       {"space", digest(to_json(document).dump())}};
    for (const auto& [name, value] : context.options) record.identity["option " + name] = value;
    record.information = {{"command", common.command_line}};
    store = open_store(words.store, record, words.resume);
  }
  std::unique_ptr<AskTell> session;
  try {
    session = std::make_unique<AskTell>(words.designer, context, store);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());  // an unknown designer or option
  }

  std::string line;
  while (!interrupted() && std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::string reply = answer_line(*session, line) + "\n";
    if (std::fwrite(reply.data(), 1, reply.size(), stdout) != reply.size() || std::fflush(stdout) != 0) break;
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
      "              constraints: [expressions], goal: {objectives: [{metric}], specs: [{metric, max|min}]}");
  command->add_option("space", words->space, "Document of the space and its goal (YAML or JSON)")
      ->required()
      ->type_name("SPACE");
  command->add_option("--designer", words->designer, "Who suggests")
      ->check(CLI::IsMember(designer_names()))
      ->capture_default_str();
  command->add_option("--store", words->store, "File that records every call")->type_name("FILE");
  command->add_flag("--resume", words->resume, "Go on with the session in the store");
  command->callback(
      [&common, &action, words] { action = [&common, words] { return serve(common, *words); }; });
}

}  // namespace dovetail::cli
