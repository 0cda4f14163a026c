// dovetail worker: evaluates trials that a study in PostgreSQL has posted, on any machine, until there are none.
#include <dovetail/engine/verbs/search/worker.hpp>

#include <dovetail/engine/cli/words/flags.hpp>
#include <dovetail/engine/cli/words/seconds_word.hpp>
#include "command.hpp"

namespace dovetail::cli {

void add_worker(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "worker",
      "Evaluates the trials that `optimize --workers remote` has posted in PostgreSQL; start as many as you like, on\n"
      "any machine that has the same build. SIGTERM returns the trial in work at once; one that is killed loses its\n"
      "lease, and another worker does the trial again: the study's table is the same.",
      "dovetail worker --store postgresql://db.example.org/dovetail\n"
      "  dovetail worker --store postgresql:///dovetail --study r18 --threads 4 --idle 600",
      {.formats = {"text", "json", "jsonl"}, .threads = true, .dry_run = false});
  const auto options = std::make_shared<verbs::WorkerOptions>();
  add_flags(
      *command, verbs::worker_table(), *options,
      {.types =
           {{"store", "URL"}, {"study", "NAME"}, {"idle", "SECONDS"}, {"lease", "SECONDS"}, {"evaluator", "COMMAND"}},
       .words = {{"idle", seconds_word()}, {"lease", seconds_word()}}});
  command->get_option("--store")->required();
  command->callback([&common, &action, options] {
    action = [&common, options] {
      return ask(common, [&](const verbs::Asking& asking) { return verbs::worker(*options, asking); });
    };
  });
}

}  // namespace dovetail::cli
