// dovetail sweep: one study per point of a grid, one row each.
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/sweep_row.hpp>
#include <dovetail/engine/report/table.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "command.hpp"
#include "signals.hpp"
#include "simulator.hpp"
#include "study_options.hpp"
#include "sweep_grid.hpp"
#include "terminal.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options : StudyOptions {
  std::vector<std::string> grid, zip;
  std::string points;
  bool resume = false, hold = false;
};

// Points as JSON lines: {"hw.pe_x": 14, "trials": 20}.
std::vector<SweepPoint> read_points(const std::string& path) {
  std::vector<SweepPoint> points;
  std::string text;
  if (path == "-")
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  else
    text = read_text(path);
  const std::string name = path == "-" ? "stdin" : path;
  Diagnostics diagnostics;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      const Node node = parse_json(line, fmt::format("{} line {}", name, number));
      if (!node.is_mapping())
        throw InputError(node.location(), "expected an object of path: value, found " + node.describe());
      SweepPoint point;
      for (const Node::Entry& entry : node.entries())
        point.emplace_back(entry.key,
                           entry.value.is_scalar() ? entry.value.text() : to_json(entry.value).dump());
      points.push_back(std::move(point));
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics())
        diagnostics.error(diagnostic.where, diagnostic.message);
    }
  }
  diagnostics.raise();
  return points;
}

Json point_object(const SweepPoint& point) {
  Json json = Json::object();
  for (const auto& [path, value] : point) {
    const Json parsed = Json::parse(value, nullptr, false);
    json[path] = parsed.is_discarded() ? Json(value) : parsed;
  }
  return json;
}

// The study of the row, searched; with `hold` the hand design with the row's values, mapped once.
Json evaluate_row(const CLI::App& command, const Options& options, const Common& common,
                  const SweepPoint& point, Simulators& simulators) {
  Common own = common;
  for (const auto& [path, value] : point) own.set.push_back(fmt::format("{}={}", path, value));
  Study study = make_study(command, options, own);
  study.store.clear();
  const auto simulator = simulators.get(study);
  return sweep_row(Codesign(std::move(study), simulator), point_object(point),
                   {options.hold, common.threads, interrupted});
}

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> columns(const SweepPoint& first) {
  std::vector<std::string> titles;
  for (const auto& [path, value] : first) titles.push_back(path);
  titles.insert(titles.end(), {"status", "objective"});
  titles.insert(titles.end(), sweep_metrics().begin(), sweep_metrics().end());
  titles.insert(titles.end(), {"lower_bound", "gap", "seconds", "reason"});
  return titles;
}

std::vector<std::string> cells(const SweepPoint& point, const Json& row) {
  std::vector<std::string> list;
  for (const auto& [path, value] : point) list.push_back(value);
  for (const char* key : {"status", "objective"}) list.push_back(cell(row[key]));
  for (const std::string& metric : sweep_metrics()) list.push_back(cell(row[metric]));
  for (const char* key : {"lower_bound", "gap", "seconds", "reason"}) list.push_back(cell(row[key]));
  return list;
}

// Rows leave in order as soon as all earlier ones are there.
class RowPrinter {
 public:
  RowPrinter(const std::vector<SweepPoint>& points, const Common& common)
      : points_(points), common_(common), rows_(points.size()), table_(columns(points.front())) {
    if (common_.format == "csv") cli::put(table_.csv());
  }

  void put(std::size_t i, Json row) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const double row_value = row["objective"].is_number() ? row["objective"].get<double>() : 0.0;
    const double row_gap = row["gap"].is_number() ? row["gap"].get<double>() : 1.0;
    rows_[i] = std::move(row);
    ++done_;
    for (; next_ < rows_.size() && !rows_[next_].is_null(); ++next_) print(next_);
    if (row_value > 0 && (best_ <= 0 || row_value < best_)) {
      best_ = row_value;
      best_gap_ = row_gap;
    }
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = spent > 0 ? static_cast<double>(done_) / spent : 0;
    progress_.show(static_cast<double>(done_), static_cast<double>(rows_.size()),
                   fmt::format("{}/{} rows  {:.2g}/s  best {}  gap {}  {} left", done_, rows_.size(), rate,
                               best_ > 0 ? fmt::format("{:.4e}", best_) : "none",
                               best_gap_ < 1 ? percent(best_gap_) : "-",
                               duration(rate > 0 ? static_cast<double>(rows_.size() - done_) / rate : 0)));
  }

  void finish() {
    progress_.clear();
    if (common_.format == "text") cli::put(table_.text(0));
    if (common_.format != "json") return;
    rows_.resize(next_);
    put_json(rows_, false);
  }

 private:
  void print(std::size_t i) {
    if (common_.format == "jsonl") {
      progress_.clear();
      put_json(rows_[i], true);
    } else if (common_.format == "json") {
      return;  // one value, at the end
    } else if (common_.format == "csv") {
      progress_.clear();
      Table one(cells(points_[i], rows_[i]));
      say("{}", one.csv());
      flush();
    } else {
      std::vector<std::string> row = cells(points_[i], rows_[i]);
      for (std::size_t c = points_[i].size(); c + 1 < row.size(); ++c) {
        char* rest = nullptr;
        const double value = std::strtod(row[c].c_str(), &rest);
        if (!row[c].empty() && *rest == '\0') row[c] = short_number(value);
      }
      table_.add(std::move(row));
    }
  }

  const std::vector<SweepPoint>& points_;
  const Common& common_;
  std::vector<Json> rows_;
  Table table_;
  std::size_t next_ = 0, done_ = 0;
  double best_ = 0.0, best_gap_ = 1.0;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  Progress progress_;
};

// The rows, and how long they may take if each is like the first.
void print_plan(const CLI::App& command, const Options& options, const Common& common,
                const std::vector<SweepPoint>& points) {
  Common own = common;
  for (const auto& [path, value] : points.front()) own.set.push_back(fmt::format("{}={}", path, value));
  Study study = make_study(command, options, own);
  study.evaluator.clear();  // a plan runs nothing of the user's
  const Codesign codesign(std::move(study));
  const auto start = std::chrono::steady_clock::now();
  codesign.evaluate(codesign.nearest_to_hand(), Codesign::Dataflow::free,
                    {common.threads, 0.0, interrupted, false});
  const double each = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() *
                      (options.hold ? 1.0 : static_cast<double>(codesign.study().trials));
  const double seconds = each * static_cast<double>(points.size());
  if (common.format == "text") {
    for (const SweepPoint& point : points) say("{}\n", to_text(point));
    say("{} rows, about {} if each takes as long as the first\n", points.size(), duration(seconds));
    return;
  }
  Json rows = Json::array();
  for (const SweepPoint& point : points) rows.push_back(point_object(point));
  print_json(common,
             {{"rows", points.size()}, {"estimated_seconds", json_number(seconds)}, {"points", rows}});
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  std::vector<SweepPoint> points;
  if (!options.points.empty()) {
    if (!options.grid.empty() || !options.zip.empty()) throw UsageError("--points replaces --grid and --zip");
    points = read_points(options.points);
  } else {
    if (options.grid.empty() && options.zip.empty())
      throw UsageError("a sweep needs --grid, --zip or --points");
    points = make_points(options.grid, options.zip);
  }
  if (points.empty()) return exit_done;

  // Mistakes in any row are met before anything is searched.
  Diagnostics diagnostics;
  std::optional<StudyRecord> record;
  for (const SweepPoint& point : points) {
    try {
      Common own = common;
      for (const auto& [path, value] : point) own.set.push_back(fmt::format("{}={}", path, value));
      const Study study = make_study(command, options, own);
      const Codesign codesign(study);
      if (!record)
        record = Codesign(make_study(command, options, common)).record(common.command_line, DOVETAIL_VERSION);
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics())
        diagnostics.error(diagnostic.where, diagnostic.message);
    }
  }
  diagnostics.raise();
  if (common.dry_run) {
    print_plan(command, options, common, points);
    return exit_done;
  }

  std::unique_ptr<Store> store;
  std::map<std::string, Json> known;
  std::vector<std::int64_t> ids(points.size());  // of rows in the store: their places in the grid
  std::iota(ids.begin(), ids.end(), 0);
  if (!options.store.empty()) {
    record->identity["kind"] = "sweep";
    record->identity["hold"] = options.hold ? "yes" : "no";
    record->identity["trials"] = record->information["trials asked"];
    store = open_store(options.store, *record, options.resume);
    std::set<std::int64_t> taken;
    for (const StoredTrial& stored : store->trials()) {
      taken.insert(stored.trial.id);
      const Json kept = Json::parse(stored.detail, nullptr, false);
      if (kept.is_object() && kept.contains("key")) known[kept["key"].get<std::string>()] = kept["row"];
    }
    // In a grid that was changed since, a place may be another row's.
    std::int64_t free = std::max(static_cast<std::int64_t>(points.size()), taken.empty() ? 0 : *taken.rbegin() + 1);
    for (std::int64_t& id : ids)
      if (taken.contains(id)) id = free++;
  } else if (options.resume) {
    throw UsageError("--resume continues a store: name it with --store FILE");
  }

  RowPrinter printer(points, common);
  Simulators simulators;
  std::mutex counting;
  bool all_good = true;
  parallel_for(points.size(), common.threads, [&](std::size_t i) {
    if (interrupted()) return;
    const std::string key = to_text(points[i]);
    Json row;
    if (const auto found = known.find(key); found != known.end()) {
      row = found->second;
    } else {
      row = evaluate_row(command, options, common, points[i], simulators);
      if (interrupted()) return;
      if (store) {
        const std::lock_guard<std::mutex> lock(counting);
        const bool done = row["status"] == "done";
        Trial trial{ids[i],
                    {},
                    done ? TrialState::completed : TrialState::failed,
                    {},
                    row["reason"].get<std::string>()};
        if (done) trial.metrics["objective"] = row["objective"].get<double>();
        store->put({trial, row["seconds"].get<double>(),
                    Json{{"key", key}, {"row", row}}.dump(-1, ' ', false, Json::error_handler_t::replace)});
      }
    }
    if (row["status"] != "done") {
      const std::lock_guard<std::mutex> lock(counting);
      all_good = false;
    }
    printer.put(i, std::move(row));
  });
  printer.finish();
  simulators.report();
  if (interrupted()) return interrupt_exit_code();
  return all_good ? exit_done : exit_infeasible;
}

}  // namespace

void add_sweep(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "sweep",
      "Runs a study once per point of a grid and prints one row each, as a table, CSV, JSON lines or one JSON list.\n"
      "Paths are those of the study file and of --set; a bare parameter (hw.pe_x) is fixed to the value.",
      "dovetail sweep --workload dqn --family eyeriss --hold --grid hw.glb_words=16384,65536 --format csv\n"
      "  dovetail sweep study.yaml --grid hw.pe_x=8:16:4 --zip seed=1,2,3 --store s.db --resume",
      {.formats = {"text", "json", "jsonl", "csv"}, .seed = true, .threads = true, .set = true});
  const auto options = std::make_shared<Options>();
  add_study_options(*command, *options);
  command
      ->add_option("--grid", options->grid,
                   "path=a,b,c or path=low:high:step or path=low:high:*factor; several are crossed")
      ->type_name("PATH=LIST");
  command->add_option("--zip", options->zip, "As --grid, but several are walked side by side")
      ->type_name("PATH=LIST");
  command
      ->add_option("--points", options->points,
                   "JSON lines {path: value, ...}, one row each; '-' reads stdin")
      ->type_name("FILE");
  command->add_flag("--hold", options->hold,
                    "Keep parameters outside the grid at the hand design (one mapping search per row) "
                    "instead of searching them");
  command->add_flag("--resume", options->resume,
                    "Continue the sweep in --store: rows that are there are printed, not computed");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
