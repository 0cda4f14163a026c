// dovetail sweep: one study per point of a grid, one row each.
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/verbs/search/sweep.hpp>

#include <dovetail/engine/cli/words/flags.hpp>
#include <dovetail/engine/cli/words/study_options.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

// Rows of CSV and JSON lines leave as soon as they are there; a table and a list wait for the last.
verbs::SweepWatch printing(const Common& common, const verbs::Asking& asking) {
  const auto csv = [](const std::vector<std::string>& cells) {
    put(Table(cells).csv());
    flush();
  };
  if (common.dry_run) return {};
  if (common.format == "csv")
    return {csv, [csv, &asking](const verbs::SweepRow& row) {
              asking.tell("");
              csv(row.cells);
            }};
  if (common.format == "jsonl")
    return {{}, [&asking](const verbs::SweepRow& row) {
              asking.tell("");
              put_json(row.record, true);
            }};
  return {};
}

int run_sweep(const CLI::App& command, const StudyOptions& study, const verbs::SweepOptions& options,
              const Common& common) {
  return ask(common, [&](const verbs::Asking& asking) {
    const verbs::SweepWatch watch = printing(common, asking);
    verbs::Answer answer = verbs::sweep(study_words(command, study, ""), options, asking, watch);
    if (!watch.row) return answer;
    answer.text.clear();
    answer.record = nullptr;
    answer.lines.reset();
    return answer;
  });
}

}  // namespace

void add_sweep(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "sweep",
      "Runs a study once per point of a grid and prints one row each, as a table, CSV, JSON lines or one JSON list.\n"
      "Paths are those of the study file and of --set; a bare parameter (hw.pe_x) is fixed to the value.",
      "dovetail sweep --workload dqn --family eyeriss --hold --grid hw.gb_block=8,16 --format csv\n"
      "  dovetail sweep study.yaml --grid hw.pe_x=7:14:7 --zip seed=1,2,3 --store s.db --resume",
      {.formats = {"text", "json", "jsonl", "csv"}, .seed = true, .threads = true, .set = true});
  const auto study = std::make_shared<StudyOptions>();
  const auto options = std::make_shared<verbs::SweepOptions>();
  study->keeps_store = false;
  add_study_options(*command, *study);
  add_flags(*command, verbs::sweep_table(), *options,
            {.types = {{"grid", "PATH=LIST"}, {"zip", "PATH=LIST"}, {"points", "FILE"}, {"store", "FILE|URL"}}});
  command->callback([&common, &action, study, options, command] {
    action = [&common, study, options, command] { return run_sweep(*command, *study, *options, common); };
  });
}

}  // namespace dovetail::cli
