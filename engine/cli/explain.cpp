// `dovetail explain`: in words, why a mapping costs what it costs.
#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/trace.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/cases/placement_document.hpp>
#include <dovetail/engine/report/cycle_report.hpp>
#include <dovetail/engine/report/explain.hpp>
#include <dovetail/engine/report/system_report.hpp>

#include "command.hpp"

namespace dovetail::cli {
namespace {

// Why cycles are lost, by the cycle model; DIR/trace.json of --out is the timeline for the Perfetto viewer.
int run_cycles(const Common& common, const Design& design) {
  const CycleReport report = CycleModel().explain(design.layer, design.architecture, *design.mapping);
  if (!common.out.empty())
    write_file(common.out, "trace.json", trace_json(design.layer, design.architecture, *design.mapping));
  if (common.format != "json" && common.format != "jsonl") {
    say("{}", to_text(report));
    return exit_done;
  }
  print_json(common, to_json(report));
  return exit_done;
}

// A design document, or the files of one Timeloop design.
Design read_files(const std::vector<std::string>& files) {
  if (are_timeloop_documents(files)) return read_timeloop_design(files).design;
  if (files.size() > 1) throw UsageError("explain takes one design document, or the files of one Timeloop design");
  return load_design(files.front());
}

// Layers on several machines, and what moving one would cost: a placement-case/1 document, or the result of a study with a
// system (result.json of `optimize --out DIR`). None for other documents.
std::optional<int> explain_placement(const Common& common, const std::string& path) {
  Node document;
  try {
    document = load_file(path);
  } catch (const InputError&) {
    return std::nullopt;  // read again, with its message, as a design
  }
  const Node* schema = document.is_mapping() ? document.find("schema") : nullptr;
  const std::string kind = schema != nullptr && schema->is_scalar() ? schema->text() : "";
  const bool text = common.format == "text";
  if (kind == "placement-case/1") {
    Diagnostics diagnostics;
    const PlacementCase placement_case = read_placement(document, diagnostics);
    diagnostics.raise();
    const PlacementResult result = place(placement_case.problem);
    if (text)
      say("{}", placement_text(placement_case, result));
    else
      print_json(common, answer_placement(placement_case, result));
    return result.front.empty() ? exit_infeasible : exit_done;
  }
  if (kind != "dovetail-exploration/1") return std::nullopt;
  const nlohmann::ordered_json result = to_json(document);
  const nlohmann::ordered_json best = result.value("best", nlohmann::ordered_json());
  if (!best.is_object() || !best.contains("system") || !best["system"].is_object())
    throw InputError({path, 0, 0, ""}, "explain needs a result with a system; this one has no best candidate on several machines");
  if (text)
    say("{}", system_text(best["system"]));
  else
    print_json(common, best["system"]["layers"]);
  return exit_done;
}

int run_explain(const CLI::App& command, const Common& common, const std::vector<std::string>& files, const std::string& show,
                const std::string& model) {
  refuse_unless(model == "cycle", command, {"--out"}, "--model cycle, whose timeline it holds");
  refuse_unless(model == "loop", command, {"--show"}, "--model loop");
  if (show == "schedule" && common.format != "text") throw UsageError("--show schedule has no JSON: leave out --format");
  const std::string& path = files.front();
  if (files.size() == 1 && model == "loop" && show == "all") {
    if (const auto code = explain_placement(common, path)) return *code;
  }
  const Design design = read_files(files);
  if (!design.mapping) {
    throw InputError({path}, "explain needs a design with a mapping; `dovetail map` finds one");
  }
  if (model == "cycle") {
    try {
      return run_cycles(common, design);
    } catch (const std::invalid_argument& refused) {  // an illegal mapping, or a machine that cannot run it
      throw InputError({path}, refused.what());
    }
  }
  if (show == "schedule") {
    say("{}", schedule_primitives(design.layer, design.architecture, *design.mapping));
    return exit_done;
  }
  const Explanation explanation = explain(design.layer, design.architecture, *design.mapping, LoopModel());
  if (common.format == "json" || common.format == "jsonl") {
    print_json(common, to_json(explanation));
  } else {
    if (show == "all") {
      say("{}\n{}\n", tree(design.architecture),
                 loop_nest(design.layer, design.architecture, *design.mapping));
    }
    say("{}", to_text(design.layer, design.architecture, explanation));
  }
  return exit_done;
}

}  // namespace

void add_explain(CLI::App& app, Common& common, Action& action) {
  struct Options {
    std::vector<std::string> files;
    std::string show = "all", model = "loop";
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, common, "explain", "Says in words why a mapping costs what it costs, and what would help",
      "dovetail explain design.yaml            # a design: layer, machine and mapping\n"
      "  dovetail explain design.yaml --show schedule   # the mapping as split, reorder, bind, cache_read\n"
      "  dovetail explain design.yaml --model cycle --out DIR   # lost cycles, and DIR/trace.json for "
      "ui.perfetto.dev",
      {.out = true, .dry_run = false});
  command
      ->add_option("DESIGN", options->files,
                   "A design document with a mapping (YAML or JSON), or the files of a Timeloop design; or a "
                   "placement-case/1 document or the result of a study on several machines: what moving a layer would cost")
      ->required();
  command
      ->add_option("--show", options->show,
                   "all: machine, loop nest and words; words; schedule: the schedule primitives")
      ->check(CLI::IsMember({"all", "words", "schedule"}))
      ->capture_default_str();
  command
      ->add_option("--model", options->model,
                   "loop: counts and levels; cycle: busy, stalls by tensor, boundary and cause, fill and "
                   "drain (with --out "
                   "DIR also the timeline, DIR/trace.json)")
      ->check(CLI::IsMember({"loop", "cycle"}))
      ->capture_default_str();
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] {
      return run_explain(*command, common, options->files, options->show, options->model);
    };
  });
}

}  // namespace dovetail::cli
