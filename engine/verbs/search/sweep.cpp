// sweep: one study per point of a grid, one row each.
#include <dovetail/engine/verbs/search/sweep.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <numeric>
#include <set>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/report/design/sweep_row.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/verbs/search/sweep_grid.hpp>
#include <dovetail/engine/verbs/simulator.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail::verbs {
namespace {

// Points as JSON lines: {"hw.pe_x": 14, "trials": 20}.
std::vector<SweepPoint> read_points(const std::string& path, const Asking& asking) {
  std::vector<SweepPoint> points;
  const auto [text, name] = read_input(path, "stdin", asking);
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
        point.emplace_back(entry.key, entry.value.is_scalar() ? entry.value.text() : to_json(entry.value).dump());
      points.push_back(std::move(point));
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
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

// The study of a row: with the row's values over everything else.
Study row_study(const StudyWords& words, const Asking& asking, const SweepPoint& point) {
  Asking own = asking;
  for (const auto& [path, value] : point) own.set.push_back(fmt::format("{}={}", path, value));
  return plain_study(words, own);
}

// Searched; with `hold` the hand design with the row's values, mapped once.
Json evaluate_row(const StudyWords& words, const SweepOptions& options, const Asking& asking, const SweepPoint& point,
                  Simulators& simulators) {
  Study study = row_study(words, asking, point);
  study.store.clear();
  const auto simulator = simulators.get(study);
  return sweep_row(Codesign(std::move(study), simulator), point_object(point),
                   {options.hold, asking.threads, asking.stop});
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

// Numbers of a row for people.
std::vector<std::string> shortened(std::vector<std::string> cells, std::size_t first) {
  for (std::size_t c = first; c + 1 < cells.size(); ++c) {
    char* rest = nullptr;
    const double value = std::strtod(cells[c].c_str(), &rest);
    if (!cells[c].empty() && *rest == '\0') cells[c] = short_number(value);
  }
  return cells;
}

// Rows leave in order as soon as all earlier ones are there.
class Rows {
 public:
  Rows(const std::vector<SweepPoint>& points, const Asking& asking, const SweepWatch& watch)
      : points_(points),
        asking_(asking),
        watch_(watch),
        rows_(points.size()) {
    if (watch_.begin) watch_.begin(columns(points_.front()));
  }

  void put(std::size_t i, Json row) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const double row_value = row["objective"].is_number() ? row["objective"].get<double>() : 0.0;
    const double row_gap = row["gap"].is_number() ? row["gap"].get<double>() : 1.0;
    rows_[i] = std::move(row);
    ++done_;
    for (; next_ < rows_.size() && !rows_[next_].is_null(); ++next_)
      if (watch_.row) watch_.row({rows_[next_], cells(points_[next_], rows_[next_])});
    if (row_value > 0 && (best_ <= 0 || row_value < best_)) {
      best_ = row_value;
      best_gap_ = row_gap;
    }
    show_progress();
  }

  // Those that have all earlier ones.
  Answer answer() {
    rows_.resize(next_);
    Answer out;
    if (asking_.as_text()) {
      Table table(columns(points_.front()));
      for (std::size_t i = 0; i < next_; ++i) table.add(shortened(cells(points_[i], rows_[i]), points_[i].size()));
      out.text = table.text(0);
    } else if (asking_.format == "csv") {
      Table table(columns(points_.front()));
      for (std::size_t i = 0; i < next_; ++i) table.add(cells(points_[i], rows_[i]));
      out.text = table.csv();
    } else {
      out.record = Json::array();
      for (const Json& row : rows_) out.record.push_back(row);
      out.lines = std::move(rows_);
    }
    return out;
  }

 private:
  void show_progress() const {
    if (!asking_.progress) return;
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = spent > 0 ? static_cast<double>(done_) / spent : 0;
    asking_.progress(
        static_cast<double>(done_), static_cast<double>(rows_.size()),
        fmt::format("{}/{} rows  {:.2g}/s  best {}  gap {}  {} left", done_, rows_.size(), rate,
                    best_ > 0 ? fmt::format("{:.4e}", best_) : "none", best_gap_ < 1 ? percent(best_gap_) : "-",
                    duration(rate > 0 ? static_cast<double>(rows_.size() - done_) / rate : 0)));
  }

  const std::vector<SweepPoint>& points_;
  const Asking& asking_;
  const SweepWatch& watch_;
  std::vector<Json> rows_;
  std::size_t next_ = 0, done_ = 0;
  double best_ = 0.0, best_gap_ = 1.0;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
};

// The rows, and how long they may take if each is like the first.
Answer sweep_plan(const StudyWords& words, const SweepOptions& options, const Asking& asking,
                  const std::vector<SweepPoint>& points) {
  Study study = row_study(words, asking, points.front());
  study.evaluator.clear();  // a plan runs nothing of the user's
  const Codesign codesign(std::move(study));
  const auto start = std::chrono::steady_clock::now();
  codesign.evaluate(codesign.nearest_to_hand(), Codesign::Dataflow::free, {asking.threads, 0.0, asking.stop, false});
  const double each = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() *
                      (options.hold ? 1.0 : static_cast<double>(codesign.study().trials));
  const double seconds = each * static_cast<double>(points.size());
  Answer out;
  if (asking.as_text()) {
    for (const SweepPoint& point : points) out.say("{}\n", to_text(point));
    out.say("{} rows, about {} if each takes as long as the first\n", points.size(), duration(seconds));
    return out;
  }
  Json rows = Json::array();
  for (const SweepPoint& point : points) rows.push_back(point_object(point));
  out.record = {{"rows", points.size()}, {"estimated_seconds", json_number(seconds)}, {"points", rows}};
  return out;
}

std::vector<SweepPoint> points_of(const SweepOptions& options, const Asking& asking) {
  if (!options.points.empty()) {
    if (!options.grid.empty() || !options.zip.empty()) throw UsageError("--points replaces --grid and --zip");
    return read_points(options.points, asking);
  }
  if (options.grid.empty() && options.zip.empty()) throw UsageError("a sweep needs --grid, --zip or --points");
  return make_points(options.grid, options.zip);
}

// The record of the sweep's own study, once every row's could be made. Throws InputError with the mistakes of all rows.
StudyRecord checked_record(const StudyWords& words, const Asking& asking, const std::vector<SweepPoint>& points) {
  Diagnostics diagnostics;
  std::optional<StudyRecord> record;
  for (const SweepPoint& point : points) {
    try {
      const Codesign codesign(row_study(words, asking, point));
      if (!record) record = Codesign(plain_study(words, asking)).record(asking.command, DOVETAIL_VERSION);
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
    }
  }
  diagnostics.raise();
  return *record;
}

// What a store knows of the rows, and where the others go.
class StoredRows {
 public:
  StoredRows(const SweepOptions& options, const std::vector<SweepPoint>& points, StudyRecord record)
      : ids_(points.size()) {
    std::iota(ids_.begin(), ids_.end(), 0);
    if (options.store.empty()) {
      if (options.resume) throw UsageError("--resume continues a store: name it with --store FILE");
      return;
    }
    record.identity["kind"] = "sweep";
    record.identity["hold"] = options.hold ? "yes" : "no";
    record.identity["trials"] = record.information["trials asked"];
    store_ = open_store(options.store, record, options.resume);
    std::set<std::int64_t> taken;
    for (const StoredTrial& stored : store_->trials()) {
      taken.insert(stored.trial.id);
      const Json kept = Json::parse(stored.detail, nullptr, false);
      if (kept.is_object() && kept.contains("key")) known_[kept["key"].get<std::string>()] = kept["row"];
    }
    // In a grid that was changed since, a place may be another row's.
    std::int64_t free = std::max(static_cast<std::int64_t>(points.size()), taken.empty() ? 0 : *taken.rbegin() + 1);
    for (std::int64_t& id : ids_)
      if (taken.contains(id)) id = free++;
  }

  std::optional<Json> find(const SweepPoint& point) const {
    const auto found = known_.find(to_text(point));
    return found == known_.end() ? std::nullopt : std::optional<Json>(found->second);
  }

  void put(std::size_t i, const SweepPoint& point, const Json& row) {
    if (!store_) return;
    const bool done = row["status"] == "done";
    Trial trial{ids_[i], {}, done ? TrialState::completed : TrialState::failed, {}, row["reason"].get<std::string>()};
    if (done) trial.metrics["objective"] = row["objective"].get<double>();
    const std::string detail =
        Json{{"key", to_text(point)}, {"row", row}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    const std::lock_guard<std::mutex> lock(mutex_);
    store_->put({trial, row["seconds"].get<double>(), detail});
  }

 private:
  std::unique_ptr<Store> store_;
  std::map<std::string, Json> known_;
  std::vector<std::int64_t> ids_;  ///< of rows in the store: their places in the grid
  std::mutex mutex_;
};

}  // namespace

const Record<SweepOptions>& sweep_table() {
  using Options = SweepOptions;
  static const Record<Options> table =
      Record<Options>("options", "The rows of a sweep.")
          .optional("grid", &Options::grid,
                    "path=a,b,c or path=low:high:step or path=low:high:*factor; several are crossed")
          .optional("zip", &Options::zip, "As --grid, but several are walked side by side")
          .optional("points", &Options::points, "JSON lines {path: value, ...}, one row each; '-' reads stdin")
          .optional("hold", &Options::hold,
                    "Keep parameters outside the grid at the hand design (one mapping search per row) instead of "
                    "searching them")
          .optional("store", &Options::store,
                    "SQLite file, or postgresql://HOST/DATABASE#STUDY, that records every row")
          .optional("resume", &Options::resume,
                    "Continue the sweep in --store: rows that are there are printed, not computed");
  return table;
}

Answer sweep(const StudyWords& words, const SweepOptions& options, const Asking& asking, const SweepWatch& watch) {
  const std::vector<SweepPoint> points = points_of(options, asking);
  if (points.empty()) return {};
  StudyRecord record = checked_record(words, asking, points);
  if (asking.dry_run) return sweep_plan(words, options, asking, points);
  StoredRows stored(options, points, std::move(record));
  Rows rows(points, asking, watch);
  Simulators simulators(asking);
  std::atomic<bool> all_good = true;
  parallel_for(points.size(), asking.threads, [&](std::size_t i) {
    if (asking.stop()) return;
    std::optional<Json> row = stored.find(points[i]);
    if (!row) {
      row = evaluate_row(words, options, asking, points[i], simulators);
      if (asking.stop()) return;
      stored.put(i, points[i], *row);
    }
    if ((*row)["status"] != "done") all_good = false;
    rows.put(i, std::move(*row));
  });
  Answer out = rows.answer();
  simulators.report();
  out.end = asking.stop() ? End::interrupted : all_good ? End::done : End::infeasible;
  return out;
}

}  // namespace dovetail::verbs
