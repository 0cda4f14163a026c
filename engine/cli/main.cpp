// The program: reads the words, runs one command, turns every kind of error into its exit code.
#include <algorithm>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include "commands.hpp"
#include "config_file.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#ifndef DOVETAIL_VERSION
#define DOVETAIL_VERSION "unknown"
#endif

namespace dovetail::cli {
namespace {

const char* const description =
    "Dovetail finds the accelerator, and the schedule of every layer on it, with the best\n"
    "energy-delay product within your limits, and says how sure it is.\n";

const char* const footer =
    "Start with:  dovetail optimize --workload resnet18 --family eyeriss --trials 20\n"
    "Every command explains itself:  dovetail map --help\n"
    "Exit codes: 0 done, 1 internal error, 2 wrong options, 3 unreadable input, 4 nothing feasible,\n"
    "            5 ended early by a limit, 6 store, 130/143 interrupted (resumable)\n";

void print_version(const std::string& format) {
  if (format != "json" && format != "jsonl") {
    fmt::print("dovetail {}\n", DOVETAIL_VERSION);
    return;
  }
  Common common;
  common.format = format;
  print_json(common, {{"schema", "dovetail-version/1"},
                      {"name", "dovetail"},
                      {"version", DOVETAIL_VERSION},
                      {"compiler", DOVETAIL_COMPILER},
                      {"build", DOVETAIL_BUILD_TYPE}});
}

// "; did you mean --trials?" for the first word that is no option or command of `app`.
std::string did_you_mean(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> allowed;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) allowed.push_back(fmt::format("--{}", name));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    allowed.push_back(command->get_name());
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    const bool known =
        std::find(allowed.begin(), allowed.end(), word) != allowed.end() || word == app.get_name();
    if (known || (word.rfind("--", 0) != 0 && i != 1)) continue;
    if (const auto near = nearest(word, allowed)) return fmt::format("; did you mean {}?", *near);
  }
  return "";
}

int run(int argc, char** argv) {
  CLI::App app{description};
  app.name("dovetail");
  app.footer(footer);
  app.require_subcommand(0, 1);
  Common common;
  Action action;
  bool version = false;
  app.add_flag("--version", version, "Print the version (with --format json as an object)");
  std::string version_format = "text";
  app.add_option("--format", version_format, "Form of --version")
      ->check(CLI::IsMember({"text", "json", "jsonl", "csv"}))
      ->group("");
  for (const AddCommand add : commands()) add(app, common, action);

  for (int i = 1; i < argc; ++i) common.command_line += fmt::format("{}{}", i == 1 ? "" : " ", argv[i]);
  try {
    app.parse(argc, argv);
    if (!common.config.empty()) {
      // The words of the file stand where no word of the command line does: parse once more with both.
      std::vector<std::string> words = with_config_file(app, common.config, argc, argv);
      app.clear();
      common.set.clear();
      app.parse(std::move(words));
    }
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      return exit_done;
    }
    const CLI::App* at = &app;
    for (const CLI::App* chosen : app.get_subcommands()) at = chosen;
    fmt::print(stderr, "error: {}{}\n", error.what(), did_you_mean(*at, argc, argv));
    fmt::print(stderr, "help:  dovetail{} --help\n", at == &app ? "" : fmt::format(" {}", at->get_name()));
    return exit_usage;
  }
  if (version) {
    print_version(version_format);
    return exit_done;
  }
  if (!action) {
    fmt::print(stderr, "{}", app.help());
    return exit_usage;
  }
  const CLI::App* command = app.get_subcommands().front();
  const std::vector<std::string> changeable = {"describe", "map", "optimize", "sweep", "serve"};
  if (!common.set.empty() &&
      std::find(changeable.begin(), changeable.end(), command->get_name()) == changeable.end())
    throw UsageError(fmt::format("--set {}: {} has nothing to set", common.set.front(), command->get_name()));
  watch_signals();
  return action();
}

}  // namespace
}  // namespace dovetail::cli

int main(int argc, char** argv) {
  using namespace dovetail::cli;
  start_log();
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return exit_usage;
  } catch (const dovetail::InputError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return exit_input;
  } catch (const dovetail::StorageError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return exit_storage;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory\n");
    return exit_limit;
  } catch (const std::exception& error) {
    fmt::print(stderr, "internal error: {}\n", error.what());
    return exit_internal;
  }
}
