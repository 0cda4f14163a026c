// `dovetail explain`: in words, why a mapping costs what it costs.
#include <fmt/format.h>

#include <dovetail/accelerators/design.hpp>
#include <dovetail/accelerators/loop_model.hpp>
#include <dovetail/engine/explain.hpp>

#include "command.hpp"

namespace dovetail::cli {
namespace {

int run_explain(const Common& common, const std::string& path, const std::string& show) {
  const Design design = load_design(path);
  if (!design.mapping) {
    throw InputError({path}, "explain needs a design with a mapping; `dovetail map` finds one");
  }
  if (show == "schedule") {
    fmt::print("{}", schedule_primitives(design.layer, design.architecture, *design.mapping));
    return exit_done;
  }
  const Explanation explanation = explain(design.layer, design.architecture, *design.mapping, LoopModel());
  if (common.format == "json" || common.format == "jsonl") {
    print_json(common, to_json(explanation));
  } else {
    if (show == "all") {
      fmt::print("{}\n{}\n", tree(design.architecture),
                 loop_nest(design.layer, design.architecture, *design.mapping));
    }
    fmt::print("{}", to_text(design.layer, design.architecture, explanation));
  }
  return exit_done;
}

}  // namespace

void add_explain(CLI::App& app, Common& common, Action& action) {
  struct Options {
    std::string path, show = "all";
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, common, "explain", "Says in words why a mapping costs what it costs, and what would help",
      "dovetail explain design.yaml            # a design: layer, machine and mapping\n"
      "  dovetail explain design.yaml --show schedule   # the mapping as split, reorder, bind, cache_read");
  command->add_option("DESIGN", options->path, "A design document with a mapping (YAML or JSON)")->required();
  command
      ->add_option("--show", options->show,
                   "all: machine, loop nest and words; words; schedule: the schedule primitives")
      ->check(CLI::IsMember({"all", "words", "schedule"}))
      ->capture_default_str();
  command->callback([&common, &action, options] {
    action = [&common, options] { return run_explain(common, options->path, options->show); };
  });
}

}  // namespace dovetail::cli
