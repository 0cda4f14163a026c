// dovetail explain: in words, why a mapping costs what it costs.
#include <dovetail/engine/verbs/look/explain.hpp>

#include <dovetail/engine/cli/words/flags.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct ExplainWords : verbs::ExplainOptions {
  std::vector<std::string> files;
};

int run_explain(const CLI::App& command, const ExplainWords& options, const Common& common) {
  refuse_unless(options.model == "cycle", command, {"--out"}, "--model cycle, whose timeline it holds");
  refuse_unless(options.model == "loop", command, {"--show"}, "--model loop");
  return ask(common, [&](const verbs::Asking& asking) { return verbs::explain(options.files, options, asking); });
}

}  // namespace

void add_explain(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<ExplainWords>();
  CLI::App* command = add_subcommand(
      app, common, "explain", "Says in words why a mapping costs what it costs, and what would help",
      "dovetail explain design.yaml            # a design: layer, machine and mapping\n"
      "  dovetail explain design.yaml --show schedule   # the mapping as split, reorder, bind, cache_read\n"
      "  dovetail explain design.yaml --model cycle --out DIR   # lost cycles, and DIR/trace.json for "
      "ui.perfetto.dev",
      {.out = true, .dry_run = false});
  command
      ->add_option(
          "DESIGN", options->files,
          "A design document with a mapping (YAML or JSON), or the files of a Timeloop design; or a "
          "placement-case/1 document or the result of a study on several machines: what moving a layer would cost")
      ->required();
  add_flags<verbs::ExplainOptions>(*command, verbs::explain_table(), *options);
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_explain(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
