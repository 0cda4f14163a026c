// calibrate: fits the gemmini preset to measured rows, and says how it does on layers it has not seen.
#include <dovetail/engine/verbs/convert/calibrate.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/gemmini/fit.hpp>
#include <dovetail/engine/cases/latency_table_document.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/verbs/convert/calibrate_networks.hpp>

namespace dovetail::verbs {
namespace {

Json to_json(const FitError& error) {
  return {{"rows", error.rows},
          {"mean_percent", json_number(error.mean_percent)},
          {"median_percent", json_number(error.median_percent)},
          {"spearman", json_number(error.spearman)}};
}

std::string line(const std::string& what, const FitError& error) {
  return fmt::format("# {:<44} {:>5} rows, mean {:6.2f} %, median {:6.2f} %, rank correlation {:.4f}\n", what,
                     error.rows, error.mean_percent, error.median_percent, error.spearman);
}

// The rows that can be used, and how many could not, by reason.
struct Gathered {
  std::vector<MeasuredRow> rows;
  std::map<std::string, int> left_out;

  void add(const MeasuredRows& more) {
    rows.insert(rows.end(), more.rows.begin(), more.rows.end());
    for (const auto& [reason, count] : more.left_out) left_out[reason] += count;
  }
};

// Only rows of an array of this size; 0: all.
void keep_arrays(int dim, MeasuredRows& read) {
  if (dim <= 0) return;
  const auto other =
      std::partition(read.rows.begin(), read.rows.end(), [&](const MeasuredRow& row) { return row.job.dim == dim; });
  if (other != read.rows.end()) read.left_out["array of another size"] += static_cast<int>(read.rows.end() - other);
  read.rows.erase(other, read.rows.end());
}

Gathered gather(const std::vector<std::string>& files, const CalibrateOptions& options, const Asking& asking) {
  Gathered gathered;
  MeasuredOptions how;
  how.target = options.target;
  how.old_matmul = true;
  for (const std::string& file : files) {
    const Input input = read_input(file, "standard input", asking);
    MeasuredRows read = read_measured_rows(input.text, input.name, how);
    keep_arrays(options.dim, read);
    gathered.add(read);
  }
  how.old_matmul = false;
  how.odd_kernels = false;
  how.tiling = MeasuredTiling::automatic;
  how.target = options.automatic_target;
  how.dim = options.dim > 0 ? options.dim : 16;
  for (const std::string& path : options.automatic) gathered.add(read_measured_rows(read_text(path), path, how));
  return gathered;
}

Answer fit_preset(const std::vector<std::string>& files, const CalibrateOptions& options, const Asking& asking) {
  const auto [rows, left_out] = gather(files, options, asking);
  std::set<std::string> layers;
  for (const MeasuredRow& row : rows) layers.insert(row.layer);
  if (layers.size() < 2)
    throw InputError({files.front()},
                     fmt::format("{} usable rows of {} layers: leaving a layer out needs at least two, and "
                                 "the error on the fitted "
                                 "rows alone would flatter",
                                 rows.size(), layers.size()));
  const Machine* preset = find_machine("gemmini");
  const GemminiConstants start;
  Answer answer;
  if (asking.dry_run) {
    answer.say("{} rows of {} layers\n", rows.size(), layers.size());
    return answer;
  }
  const GemminiConstants fitted = fit_constants(rows, start, options.rounds, asking.threads);
  const FitError held_out = leave_layer_out(rows, rows, start, options.folds, options.rounds, asking.threads);
  const FitError inside = fit_error(rows, fitted);
  Json constants;
  for (const GemminiConstant& c : gemmini_constants()) constants[std::string(c.name)] = fitted.*c.member;
  Json out = {{"leave_layer_out", to_json(held_out)}, {"in_sample", to_json(inside)}, {"left_out", left_out}};
  std::string text = line("layers left out of the fit", held_out) + line("the fitted rows themselves", inside);
  if (!options.check.empty()) {
    MeasuredOptions how;
    how.target = options.check_target;
    how.dim = 16;
    how.odd_kernels = false;
    const MeasuredRows checked = read_measured_rows(read_text(options.check), options.check, how);
    const FitError apart = leave_layer_out(checked.rows, rows, start, options.folds, options.rounds, asking.threads);
    out["checked"] = to_json(apart);
    out["checked_preset"] = to_json(fit_error(checked.rows, preset->constants));
    text += line("checked rows, their layers left out", apart);
  }
  out["constants"] = constants;
  for (const auto& [reason, count] : left_out) text += fmt::format("# left out {:>5}: {}\n", count, reason);
  if (asking.as_json()) {
    answer.record = out;
    return answer;
  }
  answer.say("{}constants:\n", text);
  for (const auto& [name, value] : constants.items()) answer.say("  {}: {}\n", name, value.get<double>());
  return answer;
}

}  // namespace

const Record<CalibrateOptions>& calibrate_table() {
  using Options = CalibrateOptions;
  static const Record<Options> table =
      Record<Options>("options", "What is fitted, and to what.")
          .optional("target", &Options::target, "Column with the measured cycles")
          .optional("dim", &Options::dim, "Only rows of this array; 0: all", between(0, 1024))
          .optional("automatic", &Options::automatic, "CSV files with dse.auto_tiling, fitted too")
          .optional("automatic_target", &Options::automatic_target, "Their column with the measured cycles")
          .optional("check", &Options::check, "CSV file of mapped rows to check, their layers left out of the fit")
          .optional("check_target", &Options::check_target, "Its column with the measured cycles")
          .optional("rounds", &Options::rounds, "Passes over all constants", between(1, 1000))
          .optional("folds", &Options::folds, "Groups of layers", between(2, 1000))
          .optional(
              "networks", &Options::networks,
              "The rows are measured networks, with these columns: fits bias + one number per block and operator, the "
              "table of `cost: {table: FILE}`; the other columns are blocks with their operators")
          .optional("key", &Options::key,
                    "Column with the canonical texts of the networks, in place of a column per block")
          .optional("network_family", &Options::network_family, "The family whose texts these are");
  return table;
}

Answer calibrate(const std::vector<std::string>& files, const CalibrateOptions& options, const Asking& asking) {
  if (options.networks.empty()) {
    if (files.empty()) throw UsageError("calibrate needs ROWS, or --table FILE");
    return fit_preset(files, options, asking);
  }
  if (files.size() != 1) throw UsageError("--networks reads one table");
  return calibrate_networks(files.front(), options, asking);
}

Answer calibrate_latencies(const Node& document, const Asking& asking) {
  Diagnostics diagnostics;
  const LatencyTableCase table_case = read_latency_table(document, diagnostics);
  diagnostics.raise();
  Answer out;
  if (asking.dry_run) {
    out.say("{} rows of {} blocks\n", table_case.train.size(), table_case.blocks);
    return out;
  }
  Json fitted = Json::object();
  if (const Node* id = document.find("id")) fitted["id"] = dovetail::to_json(*id);
  fitted.update(answer_latency_table(table_case));
  if (asking.as_json())
    out.record = std::move(fitted);
  else
    out.text = latency_table_text(fitted);
  return out;
}

}  // namespace dovetail::verbs
