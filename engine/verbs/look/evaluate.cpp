// evaluate: what a design costs, or which constraints it breaks.
#include <dovetail/engine/verbs/look/evaluate.hpp>

#include <algorithm>
#include <filesystem>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/trace.hpp>
#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/accelerators/import/scalesim_machine.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/engine/verbs/remarks.hpp>

namespace dovetail::verbs {
namespace {

// What one document answers: JSON always, and the text that a person reads.
struct Judgement {
  Json json;
  std::string text;
  std::string trace;  ///< timeline for the Perfetto viewer; empty where none was asked for, or none can be
};

/// What becomes of a document that was read: nothing more (a dry run), its figures, or its figures with
/// all that the text report says.
enum class Depth { read, figures, text };

Judgement judge_design(const Design& design, const Evaluator& evaluator, Depth depth, bool traced) {
  const Layer& layer = design.layer;
  const Architecture& machine = design.architecture;
  const Evaluation evaluation = evaluator.evaluate(layer, machine, *design.mapping);
  Judgement judged{to_json(layer, machine, evaluation), evaluation_text(layer, machine, *design.mapping, evaluation),
                   ""};
  if (depth == Depth::text && evaluation.valid() && evaluator.name() == "cycle")
    judged.text += "\nWhere the cycles go\n" +
                   to_text(CycleModel({.imperfect_factors = true}).explain(layer, machine, *design.mapping));
  if (traced && evaluation.valid()) judged.trace = trace_json(layer, machine, *design.mapping);
  return judged;
}

Judgement judge(const Design& design, const Location& where, const Evaluator& evaluator, Depth depth,
                bool traced = false) {
  if (!design.mapping) throw InputError(where, "the design has no mapping; `dovetail map` finds one");
  if (depth == Depth::read) return {};
  try {
    return judge_design(design, evaluator, depth, traced);
  } catch (const std::invalid_argument& refused) {  // a preset that cannot run this layer
    throw InputError(where, refused.what());
  }
}

Judgement judge(const Node& document, const Evaluator& evaluator, Depth depth, bool traced = false) {
  Diagnostics diagnostics;
  if (is_systolic(document)) {
    Json report = evaluate_systolic(document, diagnostics);
    diagnostics.raise();
    return {report, report.dump(2) + "\n", ""};
  }
  if (is_tile_case(document)) {
    Json report = evaluate_tile_case(document, diagnostics);
    diagnostics.raise();
    return {report, tile_case_text(read_tile_case(document, diagnostics)), ""};
  }
  return judge(read_design(document), document.location(), evaluator, depth, traced);
}

// A SCALE-Sim topology and its configuration: SCALE-Sim's report of each layer, and the cycles of all.
Judgement judge_scalesim(const std::vector<std::string>& files, Depth depth, const Asking& asking) {
  const Source first(files[0]), second(files[1]);
  const bool swapped = is_scalesim_machine(first);
  std::vector<Remark> remarks;
  const std::vector<SystolicLayer> layers =
      read_scalesim_runs(swapped ? second : first, swapped ? first : second, remarks);
  tell_remarks(asking, remarks);
  if (depth == Depth::read) return {};
  Json list = Json::array();
  Table table({"layer", "x", "cycles", "stalls", "util %", "mapping %", "DRAM words read", "written"});
  std::int64_t cycles = 0;
  for (const SystolicLayer& layer : layers) {
    const SystolicResult result = evaluate_systolic(layer.input);
    Json one = {{"name", layer.name}, {"repeat", layer.repeat}};
    one.update(systolic_report(result, layer.input.version));
    list.push_back(std::move(one));
    cycles += layer.repeat * result.total_cycles;
    table.add({layer.name, fmt::format("{}", layer.repeat), fmt::format("{}", result.total_cycles),
               fmt::format("{}", result.stall_cycles), fmt::format("{:.2f}", result.overall_util_pct),
               fmt::format("{:.2f}", result.mapping_eff_pct),
               fmt::format("{}", result.ifmap.dram_words + result.filter.dram_words),
               fmt::format("{}", result.ofmap.dram_words)});
  }
  return {{{"layers", list}, {"total_cycles", cycles}},
          fmt::format("{}\n{} cycles in all, as SCALE-Sim {} counts them\n", table.text(), cycles,
                      layers.empty() ? 3 : layers.front().input.version),
          ""};
}

// A topology and a configuration, in either order.
bool is_scalesim_pair(const std::vector<std::string>& files) {
  if (files.size() != 2) return false;
  const auto ends = [&](std::size_t i, const char* suffix) { return files[i].ends_with(suffix); };
  return (ends(0, ".csv") && ends(1, ".cfg")) || (ends(0, ".cfg") && ends(1, ".csv"));
}

std::string csv_row(const std::string& file, const Json& json) {
  std::string row = csv_cell(file);
  for (const char* key : {"valid", "cycles", "compute_cycles", "energy_pj", "edp", "utilization", "area_um2"}) {
    row += "," + (json.contains(key) && !json[key].is_null() ? json[key].dump() : std::string());
  }
  std::string violations;
  if (json.contains("violations")) {
    for (const Json& violation : json["violations"]) {
      violations += (violations.empty() ? "" : "; ") + violation["constraint"].get<std::string>();
    }
  }
  return row + "," + csv_cell(violations) + "\n";
}

// The timeline of every design that has one, as trace.json, or NAME.trace.json of several.
std::vector<OutputFile> traces(const std::vector<std::string>& names, const std::vector<Judgement>& judged) {
  std::vector<OutputFile> files;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (judged[i].trace.empty()) continue;
    const std::string stem = std::filesystem::path(names[i]).stem().string();
    files.push_back({judged.size() == 1 ? "trace.json" : file_name(stem) + ".trace.json", judged[i].trace});
  }
  return files;
}

std::unique_ptr<Evaluator> evaluator_of(const EvaluateOptions& options) {
  if (!options.imperfect_factors) return make_evaluator(options.model);
  const LoopOptions imperfect{.imperfect_factors = true};
  if (options.model == "cycle") return std::make_unique<CycleModel>(imperfect);
  if (options.model != "loop") throw UsageError("--imperfect-factors: only the models loop and cycle count them");
  return std::make_unique<LoopModel>(imperfect);
}

Depth depth_of(const Asking& asking) {
  return asking.dry_run ? Depth::read : asking.as_text() ? Depth::text : Depth::figures;
}

// What was read and evaluated, whole: a list, or its only item.
struct Judgements {
  std::vector<std::string> names;
  std::vector<Judgement> list;
  bool single = false;
};

Answer in_form(const Judgements& judged, const EvaluateOptions& options, const Asking& asking) {
  Answer out;
  if (asking.dry_run) {
    out.say("{} document{} would be evaluated by the {} model\n", judged.list.size(),
            judged.list.size() == 1 ? "" : "s", options.model);
    return out;
  }
  if (asking.as_text()) {
    for (std::size_t i = 0; i < judged.list.size(); ++i) {
      if (!judged.single) out.say("{}{}:\n", i == 0 ? "" : "\n", judged.names[i]);
      out.say("{}", judged.list[i].text.empty() ? "not readable\n" : judged.list[i].text);
    }
  } else if (asking.format == "csv") {
    out.say("file,valid,cycles,compute_cycles,energy_pj,edp,utilization,area_um2,violations\n");
    for (std::size_t i = 0; i < judged.list.size(); ++i) out.say("{}", csv_row(judged.names[i], judged.list[i].json));
  } else if (judged.single) {
    out.record = judged.list.front().json;
  } else {
    out.record = Json::array();
    for (const Judgement& one : judged.list) out.record.push_back(one.json);
    out.lines.emplace(out.record.begin(), out.record.end());
  }
  if (asking.files) out.files = traces(judged.names, judged.list);
  return out;
}

}  // namespace

const Record<EvaluateOptions>& evaluate_table() {
  static const Record<EvaluateOptions> table =
      Record<EvaluateOptions>("options", "How designs are evaluated.")
          .optional("model", &EvaluateOptions::model, "Evaluator: loop (closed form) or cycle (cycle level)",
                    one_of(evaluator_names()))
          .optional("imperfect_factors", &EvaluateOptions::imperfect_factors,
                    "Factors may multiply to more than an extent: the last iteration of a loop is smaller, and counts "
                    "are exact "
                    "(models loop and cycle)");
  return table;
}

Answer evaluate(const Node& document, const EvaluateOptions& options, const Asking& asking) {
  return in_form(
      {{document.location().file}, {judge(document, *evaluator_of(options), depth_of(asking), asking.files)}, true},
      options, asking);
}

Answer evaluate(const std::vector<std::string>& files, const EvaluateOptions& options, const Asking& asking) {
  const std::unique_ptr<Evaluator> evaluator = evaluator_of(options);
  const Depth depth = depth_of(asking);
  if (are_timeloop_documents(files)) {
    // Problem, architecture, energies and mapping of Timeloop are one design, in however many files.
    const TimeloopDesign read = read_timeloop_design(files);
    Judgement one = judge(read.design, Source(files.front()).start(), *evaluator, depth, asking.files);
    tell_remarks(asking, read.remarks);
    return in_form({files, {std::move(one)}, true}, options, asking);
  }
  if (is_scalesim_pair(files)) return in_form({files, {judge_scalesim(files, depth, asking)}, true}, options, asking);
  Judgements judged{files, {}, files.size() == 1};
  std::string mistakes;
  for (const std::string& file : files) {
    try {
      judged.list.push_back(judge(load_file(file), *evaluator, depth, asking.files));
    } catch (const InputError& error) {
      if (judged.single) throw;
      mistakes += fmt::format("{}\n", error.what());
      judged.list.push_back({{{"error", error.what()}}, "", ""});
    }
  }
  if (mistakes.empty()) return in_form(judged, options, asking);
  Asking really = asking;
  really.dry_run = false;
  Answer out = in_form(judged, options, really);
  return std::move(out.fail(End::input, "{}", mistakes));
}

}  // namespace dovetail::verbs
