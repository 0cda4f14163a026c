// dovetail describe: what a workload, an architecture, a family, a space, a design or a study contains.
#include <fmt/ranges.h>

#include <dovetail/engine/verbs/look/describe.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

#include <dovetail/engine/cli/words/import_options.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct DescribeWords {
  std::vector<std::string> subjects;
  ImportOptions import;
};

}  // namespace

void add_describe(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "describe",
      "What a workload, architecture, family, design, space or study contains: sizes, counts, feasible "
      "share,\n"
      "energies and areas with their sources. Names of the zoo and of families work like files. Workloads of\n"
      "other tools are read as they are; several of them, or a folder, are one network.",
      "dovetail describe resnet50\n  dovetail describe eyeriss\n  dovetail describe parts    # designers, mappers, "
      "evaluators, stores and formats of this build\n  dovetail describe topology.csv\n"
      "  dovetail describe study.yaml --format json",
      {.set = true, .dry_run = false});
  const auto options = std::make_shared<DescribeWords>();
  command
      ->add_option(
          "subject", options->subjects,
          fmt::format("A descriptor, or a name: {}; {}", fmt::join(zoo_names(), " "), fmt::join(family_names(), " ")))
      ->required()
      ->type_name("FILE|NAME");
  add_import_options(*command, options->import);
  command->callback([&common, &action, options] {
    action = [&common, options] {
      return ask(common, [&](const verbs::Asking& asking) {
        return verbs::describe(options->subjects, options->import, asking);
      });
    };
  });
}

}  // namespace dovetail::cli
