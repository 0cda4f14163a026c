// dovetail convert: between YAML and JSON and between tools, and the JSON Schemas of all documents.
#include <dovetail/engine/verbs/convert/convert.hpp>

#include <dovetail/engine/cli/words/flags.hpp>
#include <dovetail/engine/cli/words/import_options.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct ConvertWords : verbs::ConvertOptions {
  std::vector<std::string> paths;
};

int run_convert(const CLI::App& command, const ConvertWords& options, const Common& common) {
  if (command.count("--to") > 0 && command.count("--format") > 0)
    throw UsageError("--to and --format both say the form: keep one");
  refuse_unless(options.to == "timeloop" || options.to == "scalesim", command, {"--out"},
                "--to timeloop or scalesim, whose files it holds");
  refuse_unless(options.to == "timeloop", command, {"--set"}, "--to timeloop of a family");
  return ask(common, [&](const verbs::Asking& asking) { return verbs::convert(options.paths, options, asking); });
}

}  // namespace

void add_convert(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<ConvertWords>();
  CLI::App* command = add_subcommand(
      app, common, "convert",
      "Converts documents between YAML and JSON and networks between tools, and prints JSON Schemas",
      "dovetail convert network.yaml > network.json\n"
      "  dovetail convert dqn > mine.yaml               # a network or family of the program, to start from\n"
      "  dovetail convert design.yaml --to reference    # as a timeloop-reference-case/1 document\n"
      "  dovetail convert net.onnx --dim batch=1        # another tool's network as a descriptor of ours\n"
      "  dovetail convert resnet18 --to scalesim        # as a SCALE-Sim topology; --to timeloop: as "
      "problems\n"
      "  dovetail convert design.yaml --to timeloop     # problem, architecture, ERT, ART and mapping\n"
      "  dovetail convert r18.db --store postgresql:///dovetail#r18   # a study into another store, or back\n"
      "  dovetail convert --schema workload             # JSON Schema, for editors",
      {.out = true, .set = true, .dry_run = false});
  command->add_option("FILE", options->paths,
                      "A workload, design, architecture or other document, or the name of a network or family; - is "
                      "stdin. Several files, or "
                      "a folder, make one network in this order");
  add_import_options(*command, options->import);
  add_flags<verbs::ConvertOptions>(*command, verbs::convert_table(), *options,
                                   {.types = {{"at", "NAME=VALUE,..."}, {"store", "FILE|URL"}}});
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_convert(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
