// explain: in words, why a mapping costs what it costs.
#include <dovetail/engine/verbs/look/explain.hpp>

#include <optional>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/trace.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/cases/placement_document.hpp>
#include <dovetail/engine/report/design/cycle_report.hpp>
#include <dovetail/engine/report/design/explain.hpp>
#include <dovetail/engine/report/explore/system_report.hpp>

namespace dovetail::verbs {
namespace {

// Why cycles are lost, by the cycle model; trace.json is the timeline for the Perfetto viewer.
Answer explain_cycles(const Design& design, const Asking& asking) {
  const CycleReport report = CycleModel().explain(design.layer, design.architecture, *design.mapping);
  Answer out;
  if (asking.as_json())
    out.record = to_json(report);
  else
    out.text = to_text(report);
  if (asking.files) out.files.push_back({"trace.json", trace_json(design.layer, design.architecture, *design.mapping)});
  return out;
}

// Layers on several machines, and what moving one would cost: a placement-case/1 document, or the result of a study
// with a system (result.json of `optimize --out DIR`). None for other documents.
std::optional<Answer> explain_placement(const Node& document, const Asking& asking) {
  const Node* schema = document.is_mapping() ? document.find("schema") : nullptr;
  const std::string kind = schema != nullptr && schema->is_scalar() ? schema->text() : "";
  Answer out;
  if (kind == "placement-case/1") {
    Diagnostics diagnostics;
    const PlacementCase placement_case = read_placement(document, diagnostics);
    diagnostics.raise();
    const PlacementResult result = place(placement_case.problem);
    if (asking.as_text())
      out.text = placement_text(placement_case, result);
    else
      out.record = answer_placement(placement_case, result);
    out.end = result.front.empty() ? End::infeasible : End::done;
    return out;
  }
  if (kind != "dovetail-exploration/1") return std::nullopt;
  const Json result = to_json(document);
  const Json best = result.value("best", Json());
  if (!best.is_object() || !best.contains("system") || !best["system"].is_object())
    throw InputError({document.location().file, 0, 0, ""},
                     "explain needs a result with a system; this one has no best candidate on several machines");
  if (asking.as_text())
    out.text = system_text(best["system"]);
  else
    out.record = best["system"]["layers"];
  return out;
}

void check(const ExplainOptions& options, const Asking& asking) {
  if (options.show == "schedule" && !asking.as_text())
    throw UsageError("--show schedule has no JSON: leave out --format");
}

Answer explain_design(const Design& design, const std::string& path, const ExplainOptions& options,
                      const Asking& asking) {
  if (!design.mapping) throw InputError({path}, "explain needs a design with a mapping; `dovetail map` finds one");
  if (options.model == "cycle") {
    try {
      return explain_cycles(design, asking);
    } catch (const std::invalid_argument& refused) {  // an illegal mapping, or a machine that cannot run it
      throw InputError({path}, refused.what());
    }
  }
  Answer out;
  if (options.show == "schedule") {
    out.text = schedule_primitives(design.layer, design.architecture, *design.mapping);
    return out;
  }
  const Explanation explanation = dovetail::explain(design.layer, design.architecture, *design.mapping, LoopModel());
  if (asking.as_json()) {
    out.record = to_json(explanation);
    return out;
  }
  if (options.show == "all")
    out.say("{}\n{}\n", tree(design.architecture), loop_nest(design.layer, design.architecture, *design.mapping));
  out.say("{}", to_text(design.layer, design.architecture, explanation));
  return out;
}

// The document, unless nothing can be read: whoever reads it as a design says why.
std::optional<Node> readable(const std::string& path) {
  try {
    return load_file(path);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

bool may_be_placement(const ExplainOptions& options) {
  return options.model == "loop" && options.show == "all";
}

}  // namespace

const Record<ExplainOptions>& explain_table() {
  static const Record<ExplainOptions> table =
      Record<ExplainOptions>("options", "What is explained of a design.")
          .optional("show", &ExplainOptions::show,
                    "all: machine, loop nest and words; words; schedule: the schedule primitives",
                    one_of({"all", "words", "schedule"}))
          .optional("model", &ExplainOptions::model,
                    "loop: counts and levels; cycle: busy, stalls by tensor, boundary and cause, fill and drain (with "
                    "--out DIR "
                    "also the timeline, DIR/trace.json)",
                    one_of({"loop", "cycle"}));
  return table;
}

Answer explain(const Node& document, const ExplainOptions& options, const Asking& asking) {
  check(options, asking);
  if (may_be_placement(options))
    if (auto out = explain_placement(document, asking)) return std::move(*out);
  return explain_design(read_design(document), document.location().file, options, asking);
}

Answer explain(const std::vector<std::string>& files, const ExplainOptions& options, const Asking& asking) {
  check(options, asking);
  const std::string& path = files.front();
  if (files.size() == 1 && may_be_placement(options)) {
    if (const auto document = readable(path))
      if (auto out = explain_placement(*document, asking)) return std::move(*out);
  }
  if (are_timeloop_documents(files)) return explain_design(read_timeloop_design(files).design, path, options, asking);
  if (files.size() > 1) throw UsageError("explain takes one design document, or the files of one Timeloop design");
  return explain_design(load_design(path), path, options, asking);
}

}  // namespace dovetail::verbs
