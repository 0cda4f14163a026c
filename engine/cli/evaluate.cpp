// dovetail evaluate: what a design costs, or which constraints it breaks.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/trace.hpp>
#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/accelerators/import/scalesim_machine.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/table.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "command.hpp"
#include "import_options.hpp"
#include "json_lines.hpp"
#include "search_options.hpp"
#include "signals.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> files;
  std::string model = "loop";
  bool imperfect_factors = false;
};

// What one document answers: JSON always, and the text that a person reads.
struct Answer {
  Json json;
  std::string text;
  std::string trace;  ///< timeline for the Perfetto viewer; empty where none was asked for, or none can be
};

/// What becomes of a document that was read: nothing more (a dry run), its figures, or its figures with
/// all that the text report says.
enum class Depth { read, figures, text };

Answer evaluate_design(const Design& design, const Evaluator& evaluator, Depth depth, bool traced) {
  const Layer& layer = design.layer;
  const Architecture& machine = design.architecture;
  const Evaluation evaluation = evaluator.evaluate(layer, machine, *design.mapping);
  Answer answer{to_json(layer, machine, evaluation), evaluation_text(layer, machine, *design.mapping, evaluation), ""};
  if (depth == Depth::text && evaluation.valid() && evaluator.name() == "cycle")
    answer.text += "\nWhere the cycles go\n" + to_text(CycleModel().explain(layer, machine, *design.mapping));
  if (traced && evaluation.valid()) answer.trace = trace_json(layer, machine, *design.mapping);
  return answer;
}

Answer evaluate(const Design& design, const Location& where, const Evaluator& evaluator, Depth depth,
                bool traced = false) {
  if (!design.mapping) throw InputError(where, "the design has no mapping; `dovetail map` finds one");
  if (depth == Depth::read) return {};
  try {
    return evaluate_design(design, evaluator, depth, traced);
  } catch (const std::invalid_argument& refused) {  // a preset that cannot run this layer
    throw InputError(where, refused.what());
  }
}

Answer evaluate(const Node& document, const Evaluator& evaluator, Depth depth, bool traced = false) {
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
  return evaluate(read_design(document), document.location(), evaluator, depth, traced);
}

// A SCALE-Sim topology and its configuration: SCALE-Sim's report of each layer, and the cycles of all.
Answer evaluate_scalesim(const std::vector<std::string>& files, Depth depth) {
  const Source first(files[0]), second(files[1]);
  const bool swapped = is_scalesim_machine(first);
  std::vector<Remark> remarks;
  const std::vector<SystolicLayer> layers = read_scalesim_runs(swapped ? second : first, swapped ? first : second, remarks);
  print_remarks(remarks);
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
  for (const char* key :
       {"valid", "cycles", "compute_cycles", "energy_pj", "edp", "utilization", "area_um2"}) {
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

int evaluate_lines(const Evaluator& evaluator) {
  return answer_lines(
      [&](const Node& document) { return evaluate(document, evaluator, Depth::figures).json; });
}

void check_options(const CLI::App& command, const Options& options) {
  if (options.imperfect_factors && options.model != "loop")
    throw UsageError("--imperfect-factors: only the loop model counts them");
  refuse_unless(options.model == "cycle", command, {"--out"}, "--model cycle, whose timeline it holds");
  const bool lines = std::find(options.files.begin(), options.files.end(), "-") != options.files.end();
  if (!lines) return;
  if (options.files.size() > 1) throw UsageError("'-' stands alone: JSON lines on stdin, one answer each");
  refuse_unless(false, command, {"--out", "--dry-run"}, "a FILE: '-' answers JSON lines");
  if (command.count("--format") > 0 && command.get_option("--format")->as<std::string>().rfind("json", 0) != 0)
    throw UsageError("'-' answers JSON lines: leave out --format");
}

// The timeline of every design that has one, as DIR/trace.json, or DIR/NAME.trace.json of several.
void write_traces(const Options& options, const Common& common, const std::vector<Answer>& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].trace.empty()) continue;
    const std::string stem = std::filesystem::path(options.files[i]).stem().string();
    write_file(common.out, answers.size() == 1 ? "trace.json" : file_name(stem) + ".trace.json",
               answers[i].trace);
  }
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  check_options(command, options);
  const std::unique_ptr<Evaluator> evaluator =
      options.imperfect_factors ? std::make_unique<LoopModel>(LoopOptions{.imperfect_factors = true})
                                : make_evaluator(options.model);
  const Depth depth = common.dry_run ? Depth::read : common.format == "text" ? Depth::text : Depth::figures;
  std::vector<Answer> answers;
  std::string mistakes;
  // Problem, architecture, energies and mapping of Timeloop are one design, in however many files.
  const bool timeloop = are_timeloop_documents(options.files);
  if (timeloop) {
    const TimeloopDesign read = read_timeloop_design(options.files);
    answers.push_back(evaluate(read.design, Source(options.files.front()).start(), *evaluator, depth,
                               !common.out.empty()));
    print_remarks(read.remarks);
  }
  const bool scalesim = is_scalesim_pair(options.files);
  if (scalesim) answers.push_back(evaluate_scalesim(options.files, depth));
  for (const std::string& file : options.files) {
    if (timeloop || scalesim) break;
    if (file == "-") return evaluate_lines(*evaluator);
    try {
      answers.push_back(evaluate(load_file(file), *evaluator, depth, !common.out.empty()));
    } catch (const InputError& error) {
      mistakes += fmt::format("{}\n", error.what());
      answers.push_back({{{"error", error.what()}}, "", ""});
    }
  }
  if (common.dry_run && mistakes.empty()) {
    say("{} document{} would be evaluated by the {} model\n", answers.size(),
               answers.size() == 1 ? "" : "s", options.model);
    return exit_done;
  }
  const bool single = timeloop || scalesim || options.files.size() == 1;
  if (!single || mistakes.empty()) {
    if (common.format == "text") {
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!single) say("{}{}:\n", i == 0 ? "" : "\n", options.files[i]);
        say("{}", answers[i].text.empty() ? "not readable\n" : answers[i].text);
      }
    } else if (common.format == "jsonl") {
      for (const Answer& answer : answers) print_json(common, answer.json);
    } else if (common.format == "csv") {
      say("file,valid,cycles,compute_cycles,energy_pj,edp,utilization,area_um2,violations\n");
      for (std::size_t i = 0; i < answers.size(); ++i)
        say("{}", csv_row(options.files[i], answers[i].json));
    } else if (single) {
      print_json(common, answers.front().json);
    } else {
      Json list = Json::array();
      for (const Answer& answer : answers) list.push_back(answer.json);
      print_json(common, list);
    }
  }
  write_traces(options, common, answers);
  warn("{}", mistakes);
  return mistakes.empty() ? exit_done : exit_input;
}

}  // namespace

void add_evaluate(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "evaluate",
      "What a design (layer + architecture + mapping) costs: cycles, energy, accesses; or which constraints "
      "it breaks.\n"
      "Reads design documents in YAML or JSON, timeloop-reference-case/1, systolic-array/1 and fpga-tile-case/1 documents,\n"
      "one design of Timeloop (problem, architecture, energy table (ERT) and mapping, in any number of files), and a\n"
      "SCALE-Sim topology with its configuration.",
      "dovetail evaluate design.yaml --format json\n  dovetail evaluate - < designs.jsonl > answers.jsonl\n"
      "  dovetail evaluate parsed-processed-input.yaml timeloop-mapper.ERT.yaml timeloop-mapper.map.yaml\n"
      "  dovetail evaluate topology.csv scale.cfg --format json",
      {.formats = {"text", "json", "jsonl", "csv"}, .out = true});
  const auto options = std::make_shared<Options>();
  command
      ->add_option("files", options->files,
                   "Design documents; '-' reads JSON lines from stdin and answers one line each")
      ->required()
      ->type_name("FILE");
  command->add_option("--model", options->model, "Evaluator: loop (closed form) or cycle (cycle level)")
      ->check(CLI::IsMember({"loop", "cycle"}))
      ->capture_default_str();
  command->add_flag(
      "--imperfect-factors", options->imperfect_factors,
      "Factors may multiply to more than an extent: the last iteration of a loop is smaller, and counts "
      "are exact (loop model)");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
