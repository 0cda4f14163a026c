// The study of a command: a file, options over it, --set over both.
#include "study_options.hpp"

#include <filesystem>

#include <fmt/format.h>

#include <algorithm>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/design/designer.hpp>

namespace dovetail::cli {
namespace {

// A path of the command line counts from the working directory, not from the study's folder.
std::string from_here(const std::string& name) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(name, error);
  const bool is_folder = std::filesystem::is_directory(name, error);
  return is_file || is_folder ? std::filesystem::absolute(name).string() : name;
}

}  // namespace

void add_study_options(CLI::App& command, StudyOptions& options) {
  command.add_option("study", options.file, "Study file (YAML); options below override it")
      ->type_name("STUDY");
  command
      .add_option("--workload", options.workloads,
                  "Network: a zoo name, or a file or folder of any format that is read; repeat it to share one "
                  "accelerator")
      ->type_name("NAME|FILE");
  add_import_options(command, options.import);
  command.add_option("--family", options.family, "Accelerator family: a name or a descriptor")
      ->type_name("NAME|FILE");
  command
      .add_option(
          "--spec", options.specs,
          "Limit such as 'area_um2<=4e6' (also power_mw, latency_ms, energy_pj, cycles, edp); repeatable")
      ->type_name("METRIC<=BOUND");
  add_search_options(command, options);
  command.add_option("--designer", options.designer, "How hardware points are chosen")
      ->check(CLI::IsMember(designer_names()))
      ->capture_default_str();
  command.add_option("--trials", options.trials, "Hardware points in all, those of a resumed store included")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}))
      ->capture_default_str();
  command
      .add_option("--batch", options.batch, "Points per round; the result depends on it, but not on threads")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command
      .add_option("--lag", options.lag,
                  "In place of --batch: trial k is suggested knowing exactly the trials up to k - LAG, so that no trial waits "
                  "for a slower one of its round; about twice the number of workers")
      ->check(CLI::Range(1, 4096))
      ->excludes("--batch");
  command.add_flag(
      "--prove", options.prove,
      "After the trials, evaluate every machine that its bound does not exclude, until the best is proven; "
      "where there are too many to list, whole classes of them are excluded (to within --gap; --time ends that "
      "with the bound so far)");
  command.add_option("--store", options.store, "SQLite file, or postgresql://HOST/DATABASE#STUDY, that records every trial")->type_name("FILE|URL");
}

void apply_options(const CLI::App& command, const StudyOptions& options, const Common& common, Study& study) {
  const auto given = [&](const char* name) { return command.count(name) > 0; };
  if (given("--from")) study.import.from = options.import.from;
  for (const auto& [name, size] : options.import.sizes) study.import.sizes[name] = size;
  if (given("--model")) study.model = options.model;
  if (given("--evaluator")) study.evaluator = options.evaluator;
  if (given("--evaluator-timeout")) study.evaluator_timeout_s = options.evaluator_timeout_s;
  if (given("--candidates")) study.candidates = options.candidates;
  if (given("--mapper")) study.mapper = options.mapper;
  if (given("--budget")) study.budget = options.budget;
  if (given("--bypass")) study.bypass = options.bypass;
  if (given("--gap")) study.gap = options.gap;
  if (given("--time"))
    study.time_s = options.time_s > 0 ? std::optional<double>(options.time_s) : std::nullopt;
  if (given("--designer")) study.designer = options.designer;
  if (given("--trials")) study.trials = options.trials;
  if (given("--prove")) study.prove = options.prove;
  if (given("--batch")) {
    study.batch = options.batch;
    study.lag.reset();
  }
  if (given("--lag")) study.lag = options.lag;
  if (given("--store")) study.store = options.store;
  if (given("--seed")) study.seed = common.seed;
}

Study make_study(const CLI::App& command, const StudyOptions& options, const Common& common) {
  Diagnostics diagnostics;
  Study study;
  if (!options.file.empty()) study = read_study(load_file(options.file), diagnostics);
  const auto given = [&](const char* name) { return command.count(name) > 0; };
  if (given("--workload")) {
    study.workloads.clear();
    for (const std::string& name : options.workloads)
      study.workloads.push_back({from_here(name), 1.0, {"--workload", 0, 0, ""}});
  }
  if (given("--family")) {
    study.family = from_here(options.family);
    study.family_where = {"--family", 0, 0, ""};
  }
  if (given("--objective")) study.objective = options.objective;
  apply_options(command, options, common, study);
  for (const std::string& spec : options.specs)
    set_value(study, "specs=" + fmt::format("'{}'", spec), "--spec", diagnostics);
  for (const std::string& assignment : common.set) set_value(study, assignment, "--set", diagnostics);
  if (diagnostics.failed()) {
    // Names and parameters that do not exist belong to the same answer.
    try {
      Codesign{study};
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics()) {
        const bool known =
            std::any_of(diagnostics.all().begin(), diagnostics.all().end(),
                        [&](const Diagnostic& other) { return other.message == diagnostic.message; });
        if (!known) diagnostics.error(diagnostic.where, diagnostic.message);
      }
    }
  }
  diagnostics.raise();
  refuse_unless(!study.evaluator.empty(), command, {"--evaluator-timeout", "--candidates"}, "an evaluator");
  if (study.workloads.empty() || study.family.empty()) {
    throw UsageError("a study needs a workload and a family: a STUDY file, or --workload with --family");
  }
  return study;
}

}  // namespace dovetail::cli
