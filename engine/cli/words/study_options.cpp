// The study of a command: a file, and options over it.
#include "study_options.hpp"

#include <filesystem>

#include <fmt/format.h>

#include <dovetail/engine/study/said_value.hpp>

#include "flags.hpp"

namespace dovetail::cli {
namespace {

// A path of the command line counts from the working directory, not from the study's folder.
std::string from_here(const std::string& name) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(name, error);
  const bool is_folder = std::filesystem::is_directory(name, error);
  return is_file || is_folder ? std::filesystem::absolute(name).string() : name;
}

Node word(const std::string& flag, const std::string& text) {
  return Node::scalar({flag, 0, 0, ""}, text, true);
}

// The last one said replaces those before it.
void say(std::vector<verbs::Said>& said, const std::string& path, Node value) {
  std::erase_if(said, [&](const verbs::Said& one) { return one.path == path; });
  said.push_back({path, std::move(value)});
}

// A key of the study as its flag says it, where the study can have this value.
void say_key(StudyOptions& options, const std::string& key, const Node& value) {
  Study study;
  Diagnostics diagnostics;
  const bool no_limit = key == "time" && value.as_number() == 0.0;
  const Node meant = no_limit          ? Node::null(value.location())
                     : key == "family" ? word(value.location().file, from_here(value.text()))
                                       : value;
  set_value(study, key, meant, diagnostics);
  diagnostics.raise();
  say(options.said, key, meant);
}

}  // namespace

void add_study_options(CLI::App& command, StudyOptions& options) {
  command.add_option("study", options.file, "Study file (YAML); options below override it")->type_name("STUDY");
  command
      .add_option("--workload", options.workloads,
                  "Network: a zoo name, or a file or folder of any format that is read; repeat it to share one "
                  "accelerator")
      ->type_name("NAME|FILE");
  add_import_options(command, options.import);
  command
      .add_option("--spec", options.specs,
                  "Limit such as 'area_um2<=4e6' (also power_mw, latency_ms, energy_pj, cycles, edp); repeatable")
      ->type_name("METRIC<=BOUND");
  FlagForm form;
  form.without = {"schema", "workload", "workloads", "specs", "from", "dims", "seed"};
  if (!options.keeps_store) form.without.push_back("store");
  form.types = {{"family", "NAME|FILE"}, {"objective", "OBJECTIVE"}, {"evaluator", "COMMAND"}, {"store", "FILE|URL"}};
  add_flags(command, study_schema(), form,
            [&options](const std::string& key, const Node& value) { say_key(options, key, value); });
  command.get_option("--lag")->excludes("--batch");
  command
      .add_option_function<double>(
          "--evaluator-timeout",
          [&options](double seconds) {
            say(options.said, "evaluator.timeout",
                Node::scalar({"--evaluator-timeout", 0, 0, ""}, fmt::format("{}", seconds), false));
          },
          "Seconds for one answer of --evaluator (default 60); without an answer the design counts as failed")
      ->check(CLI::PositiveNumber);
  command
      .add_option_function<std::int64_t>(
          "--candidates",
          [&options](std::int64_t count) {
            say(options.said, "evaluator.candidates",
                Node::scalar({"--candidates", 0, 0, ""}, fmt::format("{}", count), false));
          },
          "Mappings per layer that --evaluator is asked about, best first (default 8); 0: the whole front")
      ->check(CLI::NonNegativeNumber);
}

verbs::StudyWords study_words(const CLI::App& command, const StudyOptions& options, const std::string& preset) {
  verbs::StudyWords words{options.file.empty() ? Node() : load_file(options.file), preset, {}};
  if (!options.import.from.empty()) words.said.push_back({"from", word("--from", options.import.from)});
  for (const auto& [name, size] : options.import.sizes) {
    const Location where{"--dim", 0, 0, ""};
    const Node value = Node::scalar(where, fmt::format("{}", size), false);
    words.said.push_back({"dims", Node::mapping(where, {Node::Entry{name, where, value}})});
  }
  if (!options.workloads.empty()) {
    std::vector<Node> names;
    for (const std::string& name : options.workloads) names.push_back(word("--workload", from_here(name)));
    words.said.push_back({"workloads", Node::sequence({"--workload", 0, 0, ""}, std::move(names))});
  }
  words.said.insert(words.said.end(), options.said.begin(), options.said.end());
  for (const std::string& spec : options.specs) words.said.push_back({"specs", word("--spec " + spec, spec)});
  if (const CLI::Option* seed = command.get_option_no_throw("--seed"); seed != nullptr && seed->count() > 0)
    words.said.push_back({"seed", Node::scalar({"--seed", 0, 0, ""}, seed->as<std::string>(), false)});
  return words;
}

}  // namespace dovetail::cli
