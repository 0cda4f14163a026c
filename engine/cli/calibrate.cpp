// `dovetail calibrate`: fits the gemmini preset to measured rows, and says how it does on layers it has not seen.
#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <set>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/gemmini/fit.hpp>
#include <dovetail/engine/cases/latency_table_document.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "calibrate_table.hpp"
#include "command.hpp"
#include "json_lines.hpp"

namespace dovetail::cli {
namespace {

struct Options {
  std::vector<std::string> rows, automatic;
  std::string check, check_target = "target.gemmini_cycle", target = "target.cycle",
                     automatic_target = "target.gemmini_auto_cycle";
  std::string table;
  int dim = 0, check_dim = 16, rounds = 26, folds = 5;
};

MeasuredRows read_rows(const std::string& path, const MeasuredOptions& options) {
  if (path != "-") return read_measured_rows(read_text(path), path, options);
  const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  return read_measured_rows(text, "standard input", options);
}

nlohmann::ordered_json to_json(const FitError& error) {
  return {{"rows", error.rows},
          {"mean_percent", json_number(error.mean_percent)},
          {"median_percent", json_number(error.median_percent)},
          {"spearman", json_number(error.spearman)}};
}

std::string line(const std::string& what, const FitError& error) {
  return fmt::format("# {:<44} {:>5} rows, mean {:6.2f} %, median {:6.2f} %, rank correlation {:.4f}\n", what,
                     error.rows, error.mean_percent, error.median_percent, error.spearman);
}

nlohmann::ordered_json fit_table(const Node& document) {
  Diagnostics diagnostics;
  const LatencyTableCase table_case = read_latency_table(document, diagnostics);
  diagnostics.raise();
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  if (const Node* id = document.find("id")) out["id"] = to_json(*id);
  out.update(answer_latency_table(table_case));
  return out;
}

/// A table of latencies by the operator of each block, with a bias and a Gaussian process over what it leaves.
int run_table(const Common& common, const Options& options) {
  if (!options.rows.empty() || !options.automatic.empty() || !options.check.empty())
    throw UsageError("--table stands alone: it fits another model than ROWS do");
  if (options.table == "-") return answer_lines(fit_table);
  const Node document = load_file(options.table);
  if (common.dry_run) {
    Diagnostics diagnostics;
    const LatencyTableCase table_case = read_latency_table(document, diagnostics);
    diagnostics.raise();
    say("{} rows of {} blocks\n", table_case.train.size(), table_case.blocks);
    return exit_done;
  }
  const nlohmann::ordered_json out = fit_table(document);
  if (common.format == "json" || common.format == "jsonl")
    print_json(common, out);
  else
    say("{}", latency_table_text(out));
  return exit_done;
}

int run_calibrate(const CLI::App& command, const Common& common, const Options& options) {
  refuse_unless(!options.check.empty(), command, {"--check-target"}, "--check");
  refuse_unless(!options.automatic.empty(), command, {"--automatic-target"}, "--automatic");
  if (!options.table.empty()) return run_table(common, options);
  if (options.rows.empty()) throw UsageError("calibrate needs ROWS, or --table FILE");
  std::vector<MeasuredRow> rows;
  std::map<std::string, int> left_out;
  const auto add = [&](const MeasuredRows& more) {
    rows.insert(rows.end(), more.rows.begin(), more.rows.end());
    for (const auto& [reason, count] : more.left_out) left_out[reason] += count;
  };
  MeasuredOptions how;
  how.target = options.target;
  how.old_matmul = true;
  for (const std::string& path : options.rows) {
    MeasuredRows read = read_rows(path, how);
    if (options.dim > 0) {
      const auto other = std::partition(read.rows.begin(), read.rows.end(),
                                        [&](const MeasuredRow& row) { return row.job.dim == options.dim; });
      if (other != read.rows.end())
        read.left_out["array of another size"] += static_cast<int>(read.rows.end() - other);
      read.rows.erase(other, read.rows.end());
    }
    add(read);
  }
  how.old_matmul = false;
  how.odd_kernels = false;
  how.tiling = MeasuredTiling::automatic;
  how.target = options.automatic_target;
  how.dim = options.dim > 0 ? options.dim : 16;
  for (const std::string& path : options.automatic) add(read_rows(path, how));
  std::set<std::string> layers;
  for (const MeasuredRow& row : rows) layers.insert(row.layer);
  if (layers.size() < 2)
    throw InputError({options.rows.empty() ? "rows" : options.rows.front()},
                     fmt::format("{} usable rows of {} layers: leaving a layer out needs at least two, and "
                                 "the error on the fitted "
                                 "rows alone would flatter",
                                 rows.size(), layers.size()));
  const Machine* preset = find_machine("gemmini");
  const GemminiConstants start;
  if (common.dry_run) {
    say("{} rows of {} layers\n", rows.size(), layers.size());
    return exit_done;
  }
  const GemminiConstants fitted = fit_constants(rows, start, options.rounds, common.threads);
  const FitError held_out = leave_layer_out(rows, rows, start, options.folds, options.rounds, common.threads);
  const FitError inside = fit_error(rows, fitted);
  nlohmann::ordered_json constants;
  for (const GemminiConstant& c : gemmini_constants()) constants[std::string(c.name)] = fitted.*c.member;
  nlohmann::ordered_json out = {
      {"leave_layer_out", to_json(held_out)}, {"in_sample", to_json(inside)}, {"left_out", left_out}};
  std::string text =
      line("layers left out of the fit", held_out) + line("the fitted rows themselves", inside);
  if (!options.check.empty()) {
    how = {};
    how.target = options.check_target;
    how.dim = options.check_dim;
    how.odd_kernels = false;
    const MeasuredRows checked = read_rows(options.check, how);
    const FitError apart =
        leave_layer_out(checked.rows, rows, start, options.folds, options.rounds, common.threads);
    out["checked"] = to_json(apart);
    out["checked_preset"] = to_json(fit_error(checked.rows, preset->constants));
    text += line("checked rows, their layers left out", apart);
  }
  out["constants"] = constants;
  for (const auto& [reason, count] : left_out) text += fmt::format("# left out {:>5}: {}\n", count, reason);
  if (common.format == "json" || common.format == "jsonl") {
    print_json(common, out);
  } else {
    say("{}constants:\n", text);
    for (const auto& [name, value] : constants.items()) say("  {}: {}\n", name, value.get<double>());
  }
  return exit_done;
}

}  // namespace

void add_calibrate(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, common, "calibrate",
      "Fits the gemmini preset to measured rows; always prints the error on layers left out",
      "zcat rtl_one_design.csv.gz | dovetail calibrate - --dim 16   # columns as published with DOSA\n"
      "  dovetail calibrate rows.csv --automatic designs.csv --check designs.csv --format json",
      {.threads = true});
  command
      ->add_option("ROWS", options->rows,
                   "CSV files with mapping.mapping, prob.* and the target; - is standard input");
  command
      ->add_option("--table", options->table,
                   "In place of ROWS: a latency-table-case/1 document, latencies of networks by the operator of each "
                   "block; '-' reads those as JSON lines")
      ->type_name("FILE");
  command->add_option("--target", options->target, "Column with the measured cycles")->capture_default_str();
  command->add_option("--dim", options->dim, "Only rows of this array; 0: all")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--automatic", options->automatic, "CSV files with dse.auto_tiling, fitted too");
  command
      ->add_option("--automatic-target", options->automatic_target, "Their column with the measured cycles")
      ->capture_default_str();
  command->add_option("--check", options->check,
                      "CSV file of mapped rows to check, their layers left out of the fit");
  command->add_option("--check-target", options->check_target, "Its column with the measured cycles")
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Passes over all constants")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--folds", options->folds, "Groups of layers")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  const auto table = std::make_shared<TableOptions>();
  command
      ->add_option("--networks", table->metrics,
                   "The rows are measured networks, with these columns: fits bias + one number per block and operator, the "
                   "table of `cost: {table: FILE}`; the other columns are blocks with their operators")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("METRIC,...");
  command->add_option("--key", table->key, "Column with the canonical texts of the networks, in place of a column per block");
  command->add_option("--network-family", table->family, "The family whose texts these are");
  command->callback([&common, &action, options, table, command] {
    action = [&common, options, table, command] {
      if (table->metrics.empty()) return run_calibrate(*command, common, *options);
      if (options->rows.size() != 1) throw UsageError("--networks reads one table");
      return calibrate_table(options->rows.front(), *table, common);
    };
  });
}

}  // namespace dovetail::cli
