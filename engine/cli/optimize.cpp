// dovetail optimize: the co-design of an accelerator and the mappings of its networks.
#include <dovetail/engine/verbs/search/optimize.hpp>

#include <dovetail/engine/cli/words/flags.hpp>
#include <dovetail/engine/cli/words/study_options.hpp>
#include "command.hpp"

namespace dovetail::cli {

void add_optimize(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "optimize",
      "Searches the accelerator of a family, and the mapping of every layer on it, with the "
      "best objective within your limits.",
      "dovetail optimize --workload resnet18 --family eyeriss --trials 40 --store r18.db\n"
      "  dovetail optimize study.yaml --set 'specs.area_um2=4e6' --resume --store r18.db",
      {.formats = {"text", "json", "jsonl", "csv"}, .seed = true, .threads = true, .out = true, .set = true});
  const auto study = std::make_shared<StudyOptions>();
  const auto options = std::make_shared<verbs::OptimizeOptions>();
  add_study_options(*command, *study);
  add_flags(*command, verbs::optimize_table(), *options, {.types = {{"joint", "EVALUATIONS"}}});
  command->callback([&common, &action, study, options, command] {
    action = [&common, study, options, command] {
      return ask(common, [&](const verbs::Asking& asking) {
        return verbs::optimize(study_words(*command, *study, options->preset), *options, asking);
      });
    };
  });
}

}  // namespace dovetail::cli
