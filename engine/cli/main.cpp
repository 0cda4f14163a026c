// The program: reads the words, runs one command, turns every kind of error into its exit code.
#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include <dovetail/engine/cli/stream/signals.hpp>
#include <dovetail/engine/cli/stream/terminal.hpp>
#include <dovetail/engine/cli/words/config_file.hpp>
#include "commands.hpp"

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
    "            5 ended early by a limit, 6 store or output, 130/143 interrupted (resumable)\n";

void print_version(const std::string& format) {
  if (format != "json" && format != "jsonl") {
    say("dovetail {}\n", DOVETAIL_VERSION);
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

// The first word that is no option or command of `app`, and what was perhaps meant.
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
    const bool known = std::find(allowed.begin(), allowed.end(), word) != allowed.end() || word == app.get_name();
    if (known || (word.rfind("--", 0) != 0 && i != 1)) continue;
    const std::string command = app.get_name() == "dovetail" ? "dovetail" : "dovetail " + app.get_name();
    const auto near = nearest(word, allowed);
    return fmt::format("; {} has no {}{}", command, word, near ? fmt::format(", did you mean {}?", *near) : "");
  }
  return "";
}

struct Program {
  CLI::App app{description};
  Common common;
  Action action;
  bool version = false;
  std::string version_format = "text";

  Program() {
    app.name("dovetail");
    app.footer(footer);
    app.require_subcommand(0, 1);
    app.add_flag("--version", version, "Print the version (with --format json as an object)");
    app.add_option("--format", version_format, "Form of --version")
        ->check(CLI::IsMember({"text", "json", "jsonl"}))
        ->group("");
    for (const AddCommand add : commands()) add(app, common, action);
  }

  void parse(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) common.command += fmt::format("{}{}", i == 1 ? "" : " ", argv[i]);
    app.parse(argc, argv);
    if (common.config.empty()) return;
    // The words of the file stand where no word of the command line does: parse once more with both.
    std::vector<std::string> words = with_config_file(app, common.config, argc, argv);
    app.clear();
    common.set.clear();
    app.parse(std::move(words));
  }

  const CLI::App& command() const {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : *chosen.front();
  }
};

int run(int argc, char** argv) {
  Program program;
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    put(program.app.help());
    return exit_done;
  } catch (const CLI::ParseError& error) {
    const CLI::App& at = program.command();
    const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    warn("error: {}{}\n", error.what(), extra ? did_you_mean(at, argc, argv) : "");
    warn("help:  dovetail{} --help\n", &at == &program.app ? "" : fmt::format(" {}", at.get_name()));
    return exit_usage;
  }
  if (program.version) {
    print_version(program.version_format);
    return exit_done;
  }
  if (!program.action) {
    warn("{}", program.app.help());
    return exit_usage;
  }
  watch_signals();
  return program.action();
}

// Every kind of error as a message and its exit code.
int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    warn("error: {}\n", error.what());
    return exit_usage;
  } catch (const InputError& error) {
    warn("{}\n", error.what());
    return exit_input;
  } catch (const StorageError& error) {
    warn("error: {}\n", error.what());
    return exit_storage;
  } catch (const OutputError& error) {
    warn("error: {}\n", error.what());
    return exit_storage;
  } catch (const std::bad_alloc&) {
    warn("error: out of memory\n");
    return exit_limit;
  } catch (const std::exception& error) {
    warn("internal error: {}\n", error.what());
    return exit_internal;
  }
}

}  // namespace
}  // namespace dovetail::cli

int main(int argc, char** argv) {
  using namespace dovetail::cli;
  prepare_streams();
  const int code = guarded([&] { return run(argc, argv); });
  if (code == exit_storage) return code;  // what could not be written is not tried again
  const int closed = guarded([] {
    close_output();
    return static_cast<int>(exit_done);
  });
  return closed == exit_done || interrupted() ? code : closed;
}
