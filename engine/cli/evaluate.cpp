// dovetail evaluate: what a design costs, or which constraints it breaks.
#include <algorithm>

#include <dovetail/engine/verbs/look/evaluate.hpp>

#include <dovetail/engine/cli/stream/json_lines.hpp>
#include <dovetail/engine/cli/words/flags.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct EvaluateWords : verbs::EvaluateOptions {
  std::vector<std::string> files;
};

// JSON lines: nothing but the model means something there.
int evaluate_lines(const CLI::App& command, const EvaluateWords& options) {
  if (options.files.size() > 1) throw UsageError("'-' stands alone: JSON lines on stdin, one answer each");
  refuse_unless(false, command, {"--out", "--dry-run"}, "a FILE: '-' answers JSON lines");
  if (command.count("--format") > 0 && command.get_option("--format")->as<std::string>().rfind("json", 0) != 0)
    throw UsageError("'-' answers JSON lines: leave out --format");
  return answer_lines([&](const Node& document) { return verbs::evaluate(document, options, verbs::Asking()).record; });
}

int run_evaluate(const CLI::App& command, const EvaluateWords& options, const Common& common) {
  refuse_unless(options.model == "cycle", command, {"--out"}, "--model cycle, whose timeline it holds");
  if (std::find(options.files.begin(), options.files.end(), "-") != options.files.end())
    return evaluate_lines(command, options);
  return ask(common, [&](const verbs::Asking& asking) { return verbs::evaluate(options.files, options, asking); });
}

}  // namespace

void add_evaluate(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "evaluate",
      "What a design (layer + architecture + mapping) costs: cycles, energy, accesses; or which constraints "
      "it breaks.\n"
      "Reads design documents in YAML or JSON, timeloop-reference-case/1, systolic-array/1 and fpga-tile-case/1 "
      "documents,\n"
      "one design of Timeloop (problem, architecture, energy table (ERT) and mapping, in any number of files), and a\n"
      "SCALE-Sim topology with its configuration.",
      "dovetail evaluate design.yaml --format json\n  dovetail evaluate - < designs.jsonl > answers.jsonl\n"
      "  dovetail evaluate parsed-processed-input.yaml timeloop-mapper.ERT.yaml timeloop-mapper.map.yaml\n"
      "  dovetail evaluate topology.csv scale.cfg --format json",
      {.formats = {"text", "json", "jsonl", "csv"}, .out = true});
  const auto options = std::make_shared<EvaluateWords>();
  command
      ->add_option("files", options->files,
                   "Design documents; '-' reads JSON lines from stdin and answers one line each")
      ->required()
      ->type_name("FILE");
  add_flags<verbs::EvaluateOptions>(*command, verbs::evaluate_table(), *options);
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_evaluate(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
