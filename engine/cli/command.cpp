// The options that every command shares, and how results leave the program.
#include "command.hpp"

#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include <dovetail/engine/cli/stream/signals.hpp>
#include <dovetail/engine/cli/stream/terminal.hpp>
#include "build_digest.hpp"

namespace dovetail::cli {

CLI::App* add_subcommand(CLI::App& app, Common& common, const std::string& name, const std::string& description,
                         const std::string& example, const Takes& takes) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Example:\n  " + example + "\n");
  const char* const group = "Common options";
  if (!takes.formats.empty()) {
    CLI::Option* format = command->add_option("--format", common.format, "Form of the result on stdout")
                              ->check(CLI::IsMember(takes.formats))
                              ->group(group);
    if (takes.formats.front() == common.format) format->capture_default_str();
  }
  if (takes.seed) {
    command->add_option("--seed", common.seed, "Names the random streams; the same seed gives the same result")
        ->capture_default_str()
        ->group(group);
  }
  if (takes.threads) {
    command
        ->add_option("--threads", common.threads, "Threads to work with, 0 for all cores; results do not depend on it")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str()
        ->group(group);
  }
  if (takes.out) {
    command->add_option("--out", common.out, "Directory for files beside the result; nothing is written without it")
        ->type_name("DIR")
        ->group(group);
  }
  if (takes.set) {
    command
        ->add_option("--set", common.set,
                     "Override one value, such as --set trials=20 or --set fixed.hw.pe_x=14; repeatable")
        ->type_name("PATH=VALUE")
        ->group(group);
  }
  command
      ->add_option("--config", common.config, "YAML file with values of options (name: value); the command line wins")
      ->type_name("FILE")
      ->group(group);
  if (takes.dry_run) {
    command->add_flag("--dry-run", common.dry_run, "Check everything and say what would be done, then stop")
        ->group(group);
  }
  return command;
}

void refuse_unless(bool meaningful, const CLI::App& command, const std::vector<std::string>& options,
                   const std::string& because) {
  if (meaningful) return;
  for (const std::string& option : options) {
    if (command.count(option) > 0) throw UsageError(fmt::format("{} means nothing without {}", option, because));
  }
}

int ask(const Common& common, const std::function<verbs::Answer(const verbs::Asking&)>& verb) {
  Progress progress;
  verbs::Asking asking = common;
  asking.files = !common.out.empty();
  asking.stop = interrupted;
  asking.tell = [&progress](const std::string& line) {
    progress.clear();
    put_error(line);
  };
  if (progress.enabled())
    asking.progress = [&progress](double done, double total, const std::string& text) {
      progress.show(done, total, text);
    };
  asking.input = [] { return std::string(std::istreambuf_iterator<char>(std::cin), {}); };
  asking.build = build_digest;
  const verbs::Answer answer = verb(asking);
  progress.clear();
  return print_answer(common, answer);
}

int print_answer(const Common& common, const verbs::Answer& answer) {
  if (!answer.text.empty()) {
    put(answer.text);
  } else if (common.format == "jsonl" && answer.lines) {
    for (const nlohmann::ordered_json& line : *answer.lines) put_json(line, true);
  } else if (!answer.record.is_null()) {
    print_json(common, answer.record);
  }
  for (const verbs::OutputFile& file : answer.files) write_file(common.out, file.name, file.text);
  put_error(answer.error);
  return answer.end == verbs::End::interrupted ? interrupt_exit_code() : static_cast<int>(answer.end);
}

void print_json(const Common& common, const nlohmann::ordered_json& value) {
  put_json(value, common.format == "jsonl");
}

}  // namespace dovetail::cli
