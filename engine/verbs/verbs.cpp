// The table of verbs (see the header).
#include <dovetail/engine/verbs/verbs.hpp>

#include <algorithm>

#include <dovetail/engine/verbs/convert/calibrate.hpp>
#include <dovetail/engine/verbs/convert/convert.hpp>
#include <dovetail/engine/verbs/look/describe.hpp>
#include <dovetail/engine/verbs/look/evaluate.hpp>
#include <dovetail/engine/verbs/look/explain.hpp>
#include <dovetail/engine/verbs/look/place.hpp>
#include <dovetail/engine/verbs/look/report.hpp>
#include <dovetail/engine/verbs/map/map.hpp>
#include <dovetail/engine/verbs/search/optimize.hpp>
#include <dovetail/engine/verbs/search/serve.hpp>
#include <dovetail/engine/verbs/search/sweep.hpp>
#include <dovetail/engine/verbs/search/worker.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {
namespace {

template <class T>
T read_options(const Record<T>& table, const Node& options) {
  if (options.is_null()) return T();
  Diagnostics diagnostics;
  T values = table.read(options, diagnostics);
  diagnostics.raise();
  return values;
}

// One name, or a list of them.
std::vector<std::string> names(const Node& document) {
  Diagnostics diagnostics;
  std::vector<std::string> list;
  if (document.is_scalar())
    list = {document.text()};
  else if (!document.is_null())
    read_value(document, "the document", {}, diagnostics, list);
  diagnostics.raise();
  return list;
}

std::vector<std::string> some_names(const Node& document) {
  std::vector<std::string> list = names(document);
  if (list.empty())
    throw InputError(document.location(), "expected a document, a name or a path, found " + document.describe());
  return list;
}

// The document itself, or the one in the file that it names.
Node whole(const Node& document) {
  return document.is_scalar() ? load_file(document.text()) : document;
}

Answer run_evaluate(const Node& document, const Node& options, const Asking& asking) {
  const EvaluateOptions how = read_options(evaluate_table(), options);
  return document.is_mapping() ? evaluate(document, how, asking) : evaluate(some_names(document), how, asking);
}

Answer run_map(const Node& document, const Node& options, const Asking& asking) {
  const MapOptions how = read_options(map_table(), options);
  if (document.is_mapping()) return map_document(document, how, asking);
  return how.architecture.empty() ? map_files(some_names(document), how, asking)
                                  : map_networks(some_names(document), how, asking);
}

Answer run_place(const Node& document, const Node& options, const Asking& asking) {
  const PlaceOptions how = read_options(place_table(), options);
  if (document.is_mapping()) return place_document(document, asking);
  return how.workloads.empty() ? place_documents(some_names(document), asking) : place_networks(how, asking);
}

// A seed that was said beside the study.
std::vector<Said> said_seed(const Asking& asking) {
  if (!asking.says_seed) return {};
  return {{"seed", Node::scalar({"seed", 0, 0, ""}, fmt::format("{}", asking.seed), false)}};
}

Answer run_optimize(const Node& document, const Node& options, const Asking& asking) {
  const OptimizeOptions how = read_options(optimize_table(), options);
  return optimize({whole(document), how.preset, said_seed(asking)}, how, asking);
}

Answer run_sweep(const Node& document, const Node& options, const Asking& asking) {
  return sweep({whole(document), "", said_seed(asking)}, read_options(sweep_table(), options), asking);
}

Answer run_serve(const Node& document, const Node& options, const Asking& asking) {
  return serve(whole(document), read_options(serve_table(), options), asking);
}

struct NoOptions {};
const Record<NoOptions>& describe_table() {
  static const Record<NoOptions> table("options", "None of its own.");
  return table;
}

Answer run_describe(const Node& document, const Node& options, const Asking& asking) {
  read_options(describe_table(), options);
  return document.is_mapping() ? describe(document, asking) : describe(some_names(document), {}, asking);
}

Answer run_report(const Node& document, const Node& options, const Asking& asking) {
  return report(some_names(document).front(), read_options(report_table(), options), asking);
}

Answer run_worker(const Node& document, const Node& options, const Asking& asking) {
  WorkerOptions how = read_options(worker_table(), options);
  if (document.is_scalar()) how.store = document.text();
  return worker(how, asking);
}

Answer run_explain(const Node& document, const Node& options, const Asking& asking) {
  const ExplainOptions how = read_options(explain_table(), options);
  return document.is_mapping() ? explain(document, how, asking) : explain(some_names(document), how, asking);
}

Answer run_convert(const Node& document, const Node& options, const Asking& asking) {
  const ConvertOptions how = read_options(convert_table(), options);
  if (document.is_mapping()) return convert_text(to_json(document).dump(), document.location().file, how, asking);
  return convert(names(document), how, asking);
}

Answer run_calibrate(const Node& document, const Node& options, const Asking& asking) {
  const CalibrateOptions how = read_options(calibrate_table(), options);
  return document.is_mapping() ? calibrate_latencies(document, asking) : calibrate(names(document), how, asking);
}

constexpr Verb table[] = {
    {"evaluate", "what designs cost, or which constraints they break", "a design, or files", run_evaluate,
     [] { return evaluate_table().schema(); }},
    {"map", "the best mapping of every layer on one machine, with its bound",
     "a design, or files of one; with `architecture` networks", run_map, [] { return map_table().schema(); }},
    {"place", "layers of networks on several machines or boards", "a case, or files of cases; with `workload` nothing",
     run_place, [] { return place_table().schema(); }},
    {"optimize", "the accelerator and the mappings with the best objective within limits",
     "a study, or its file; with `preset` nothing", run_optimize, [] { return optimize_table().schema(); }},
    {"sweep", "one study per point of a grid, one row each", "a study, or its file", run_sweep,
     [] { return sweep_table().schema(); }},
    {"serve", "suggests points and learns outcomes", "a space with its goal, or its file", run_serve,
     [] { return serve_table().schema(); }},
    {"describe", "what a document contains", "a document, a name, or files", run_describe,
     [] { return describe_table().schema(); }},
    {"report", "what a store knows of its study", "the address of a store", run_report,
     [] { return report_table().schema(); }},
    {"worker", "evaluates trials that a study in PostgreSQL has posted", "the address of a store", run_worker,
     [] { return worker_table().schema(); }},
    {"explain", "why a mapping costs what it costs", "a design with its mapping, or files of one", run_explain,
     [] { return explain_table().schema(); }},
    {"convert", "documents between notations and tools", "a document, a name, or files; with `schema` nothing",
     run_convert, [] { return convert_table().schema(); }},
    {"calibrate", "fits models to measured rows", "CSV files, or a latency-table-case/1 document", run_calibrate,
     [] { return calibrate_table().schema(); }},
};

const Record<Asking>& common_table() {
  static const Record<Asking> record =
      Record<Asking>("options", "What every verb may be told.")
          .optional("format", &Asking::format, "form of the answer", one_of({"text", "json", "jsonl", "csv"}))
          .optional("seed", &Asking::seed, "names the random streams; the same seed gives the same result")
          .optional("threads", &Asking::threads, "0: all cores; results do not depend on it", between(0, 4096))
          .optional("set", &Asking::set, "path=value, each over what the document says")
          .optional("dry_run", &Asking::dry_run, "check everything and say what would be done, then stop");
  return record;
}

}  // namespace

std::span<const Verb> verbs() {
  return table;
}

const Verb* find_verb(const std::string& name) {
  const auto found =
      std::find_if(std::begin(table), std::end(table), [&](const Verb& verb) { return name == verb.name; });
  return found == std::end(table) ? nullptr : &*found;
}

Json common_schema() {
  return common_table().schema();
}

Answer run_verb(const std::string& name, const Node& document, const Node& options, Asking asking) {
  const Verb* verb = find_verb(name);
  if (verb == nullptr) {
    std::vector<std::string> known;
    for (const Verb& one : table) known.emplace_back(one.name);
    throw UsageError("there is no verb " + quote(name) + suggestion(name, known));
  }
  if (options.is_null()) return verb->run(document, options, asking);
  Diagnostics diagnostics;
  require_mapping(options, "options", diagnostics);
  diagnostics.raise();
  const std::vector<std::string> common = common_table().keys();
  std::vector<Node::Entry> shared, own;
  for (const Node::Entry& entry : options.entries()) {
    const bool is_common = std::find(common.begin(), common.end(), entry.key) != common.end();
    (is_common ? shared : own).push_back(entry);
  }
  asking.says_seed = options.find("seed") != nullptr;
  common_table().read_into(Node::mapping(options.location(), std::move(shared)), asking, diagnostics);
  diagnostics.raise();
  return verb->run(document, Node::mapping(options.location(), std::move(own)), asking);
}

}  // namespace dovetail::verbs
