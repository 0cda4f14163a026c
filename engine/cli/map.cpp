// dovetail map: the best mapping of every layer on one machine, with its proven bound.
#include <dovetail/engine/verbs/map/map.hpp>
#include <dovetail/engine/verbs/map/map_tiles.hpp>

#include <dovetail/engine/cli/stream/json_lines.hpp>
#include <dovetail/engine/cli/words/flags.hpp>
#include <dovetail/engine/cli/words/import_options.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct MapWords : verbs::MapOptions {
  std::vector<std::string> files, workload;
};

int run_map(const CLI::App& command, const MapWords& options, const Common& common) {
  refuse_unless(!options.workload.empty(), command, {"--architecture", "--dataflow", "--set"},
                "--workload: a design FILE has its machine");
  if (options.files.empty() == options.workload.empty())
    throw UsageError("map needs either a design FILE or --workload with --architecture");
  if (options.files == std::vector<std::string>{"-"}) return answer_lines(verbs::map_tile_line);
  return ask(common, [&](const verbs::Asking& asking) {
    return options.workload.empty() ? verbs::map_files(options.files, options, asking)
                                    : verbs::map_networks(options.workload, options, asking);
  });
}

}  // namespace

void add_map(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(app, common, "map",
                                     "The best mapping (schedule) of every layer on one machine, with a "
                                     "lower bound of what any mapping can reach.",
                                     "dovetail map --workload resnet18 --architecture eyeriss --objective "
                                     "edp\n  dovetail map design.yaml --format json\n  dovetail map "
                                     "--workload alexnet --architecture fpga-tiles --set board=zc706",
                                     {.formats = {"text", "json", "jsonl", "csv", "timeloop"},
                                      .seed = true,
                                      .threads = true,
                                      .out = true,
                                      .set = true});
  const auto options = std::make_shared<MapWords>();
  CLI::Option* format = command->get_option("--format");
  format->description(
      "Form of the result on stdout; timeloop: the mapping as Timeloop's (with --out DIR also problem and machine)");
  command
      ->add_option(
          "file", options->files,
          "Design document (layer + architecture), or the files of a Timeloop design (problem, architecture, ERT, "
          "constraints); its mapping, if any, is ignored. Or a fpga-tile-grid/1 document; '-' reads those as JSON "
          "lines and answers one line each")
      ->type_name("FILE");
  command
      ->add_option(
          "--workload", options->workload,
          "Network: a zoo name, a file of any format, or a folder; given several times, one network in this order")
      ->allow_extra_args(false)
      ->type_name("NAME|FILE");
  add_import_options(*command, options->import);
  add_flags<verbs::MapOptions>(
      *command, verbs::map_table(), *options,
      {.types = {
           {"architecture", "NAME|FILE"}, {"objective", "OBJECTIVE"}, {"evaluator", "COMMAND"}, {"memory", "MB"}}});
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_map(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
