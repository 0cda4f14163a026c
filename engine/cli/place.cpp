// dovetail place: stages of a pipeline on boards, layers of networks on machines.
#include <algorithm>

#include <dovetail/engine/verbs/look/place.hpp>

#include <dovetail/engine/cli/stream/json_lines.hpp>
#include <dovetail/engine/cli/words/flags.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct PlaceWords : verbs::PlaceOptions {
  std::vector<std::string> files;
};

int run_place(const CLI::App& command, const PlaceWords& options, const Common& common) {
  const bool named = !options.workloads.empty() || !options.architectures.empty();
  if (options.files.empty() == !named)
    throw UsageError("place needs a FILE, '-' for JSON lines on stdin, or --workload with --architecture");
  if (named && (options.workloads.empty() || options.architectures.empty()))
    throw UsageError("--workload needs --architecture, and the reverse");
  if (named) return ask(common, [&](const verbs::Asking& asking) { return verbs::place_networks(options, asking); });
  refuse_unless(false, command, {"--objective"}, "--workload: a document has its costs");
  if (std::find(options.files.begin(), options.files.end(), "-") == options.files.end())
    return ask(common, [&](const verbs::Asking& asking) { return verbs::place_documents(options.files, asking); });
  refuse_unless(false, command, {"--dry-run"}, "a FILE: '-' answers JSON lines");
  if (options.files.size() > 1) throw UsageError("'-' stands alone: JSON lines on stdin, one answer each");
  return answer_lines([](const Node& document) { return verbs::place_document(document, verbs::Asking()).record; });
}

}  // namespace

void add_place(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(app, common, "place",
                                     "Layers of networks on several machines or boards: who runs what and when, with "
                                     "every trade-off of makespan and energy, exact or with bounds.\n"
                                     "Reads placement-case/1 and pipeline-case/1 documents.",
                                     "dovetail place --workload resnet18 --workload mobilenetv2 --architecture nvdla "
                                     "--architecture shidiannao\n  dovetail place pipeline.yaml\n  dovetail place - < "
                                     "cases.jsonl > answers.jsonl",
                                     {.seed = true, .threads = true});
  const auto options = std::make_shared<PlaceWords>();
  command->add_option("files", options->files, "Documents; '-' reads JSON lines from stdin and answers one line each")
      ->type_name("FILE");
  add_flags<verbs::PlaceOptions>(*command, verbs::place_table(), *options,
                                 {.types = {{"workload", "NAME|FILE"}, {"architecture", "NAME|FILE"}}});
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_place(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
