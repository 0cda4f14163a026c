// What a command of the program is: a function that adds itself to the parser, and the options that all
// commands share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <dovetail/engine/verbs/answer.hpp>

#include <dovetail/engine/cli/stream/exit.hpp>
#include <dovetail/engine/cli/stream/output.hpp>

namespace dovetail::cli {

/// Wrong or contradictory options: ends the program with exit code 2.
using verbs::UsageError;

/// Options that every command takes: what verbs are told, and what only the program knows.
struct Common : verbs::Asking {
  Common() { format = "text"; }
  std::string out;     ///< directory for files; empty: nothing is written
  std::string config;  ///< file with values of options
};

/// What main runs once the words are understood; returns the exit code.
using Action = std::function<int()>;

/// A command adds its subcommand to `app` and, when that is chosen, sets `action`. `common` outlives the
/// action.
using AddCommand = void (*)(CLI::App& app, Common& common, Action& action);

/// Which of the common options mean something to a command; it refuses the others.
struct Takes {
  std::vector<std::string> formats = {"text", "json", "jsonl"};  ///< of --format; empty: its output has one form
  bool seed = false, threads = false, out = false, set = false, dry_run = true;
};

/// Adds a subcommand with the common options that it takes and an example, shown under its help.
CLI::App* add_subcommand(CLI::App& app, Common& common, const std::string& name, const std::string& description,
                         const std::string& example, const Takes& takes);

/// Throws UsageError when an option was given that means nothing without `because`, such as "--evaluator".
void refuse_unless(bool meaningful, const CLI::App& command, const std::vector<std::string>& options,
                   const std::string& because);

/// Asks a verb, with the progress line on a terminal, the interrupts, stdin for '-' and notes on stderr; prints its
/// answer, writes its files, and returns the exit code.
int ask(const Common& common, const std::function<verbs::Answer(const verbs::Asking&)>& verb);

/// Prints an answer, writes its files, and returns the exit code.
int print_answer(const Common& common, const verbs::Answer& answer);

/// Prints one JSON value as a document (indented for `json`, one line for `jsonl`) on stdout.
void print_json(const Common& common, const nlohmann::ordered_json& value);

// One function per command, one file each; commands.cpp lists them.
void add_place(CLI::App& app, Common& common, Action& action);
void add_worker(CLI::App& app, Common& common, Action& action);
void add_evaluate(CLI::App& app, Common& common, Action& action);
void add_map(CLI::App& app, Common& common, Action& action);
void add_optimize(CLI::App& app, Common& common, Action& action);
void add_sweep(CLI::App& app, Common& common, Action& action);
void add_serve(CLI::App& app, Common& common, Action& action);
void add_describe(CLI::App& app, Common& common, Action& action);
void add_report(CLI::App& app, Common& common, Action& action);
void add_calibrate(CLI::App& app, Common& common, Action& action);
void add_convert(CLI::App& app, Common& common, Action& action);
void add_explain(CLI::App& app, Common& common, Action& action);
void add_completions(CLI::App& app, Common& common, Action& action);

}  // namespace dovetail::cli
