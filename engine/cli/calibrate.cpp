// dovetail calibrate: fits the gemmini preset to measured rows, and says how it does on layers it has not seen.
#include <dovetail/engine/verbs/convert/calibrate.hpp>

#include <dovetail/engine/cli/stream/json_lines.hpp>
#include <dovetail/engine/cli/words/flags.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct CalibrateWords : verbs::CalibrateOptions {
  std::vector<std::string> rows;
  std::string table;
};

int run_table(const Common& common, const CalibrateWords& options) {
  if (!options.rows.empty() || !options.automatic.empty() || !options.check.empty())
    throw UsageError("--table stands alone: it fits another model than ROWS do");
  if (options.table == "-")
    return answer_lines(
        [](const Node& document) { return verbs::calibrate_latencies(document, verbs::Asking()).record; });
  return ask(common,
             [&](const verbs::Asking& asking) { return verbs::calibrate_latencies(load_file(options.table), asking); });
}

int run_calibrate(const CLI::App& command, const Common& common, const CalibrateWords& options) {
  refuse_unless(!options.check.empty(), command, {"--check-target"}, "--check");
  refuse_unless(!options.automatic.empty(), command, {"--automatic-target"}, "--automatic");
  if (!options.table.empty()) return run_table(common, options);
  return ask(common, [&](const verbs::Asking& asking) { return verbs::calibrate(options.rows, options, asking); });
}

}  // namespace

void add_calibrate(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<CalibrateWords>();
  CLI::App* command = add_subcommand(
      app, common, "calibrate", "Fits the gemmini preset to measured rows; always prints the error on layers left out",
      "zcat rtl_one_design.csv.gz | dovetail calibrate - --dim 16   # columns as published with DOSA\n"
      "  dovetail calibrate rows.csv --automatic designs.csv --check designs.csv --format json",
      {.threads = true});
  command->add_option("ROWS", options->rows,
                      "CSV files with mapping.mapping, prob.* and the target; - is standard input");
  command
      ->add_option("--table", options->table,
                   "In place of ROWS: a latency-table-case/1 document, latencies of networks by the operator of each "
                   "block; '-' reads those as JSON lines")
      ->type_name("FILE");
  add_flags<verbs::CalibrateOptions>(*command, verbs::calibrate_table(), *options,
                                     {.types = {{"networks", "METRIC,..."}}});
  command->get_option("--networks")->delimiter(',');
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_calibrate(*command, common, *options); };
  });
}

}  // namespace dovetail::cli
