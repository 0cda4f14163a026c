// The options that every command shares, and how results leave the program.
#include "command.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace dovetail::cli {

CLI::App* add_subcommand(CLI::App& app, Common& common, const std::string& name,
                         const std::string& description, const std::string& example) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Example:\n  " + example + "\n");
  command->add_option("--format", common.format, "Form of the result on stdout")
      ->check(CLI::IsMember({"text", "json", "jsonl", "csv"}))
      ->capture_default_str()
      ->group("Common options");
  command->add_option("--seed", common.seed, "Names the random streams; the same seed gives the same result")
      ->capture_default_str()
      ->group("Common options");
  command
      ->add_option("--threads", common.threads,
                   "Threads to work with, 0 for all cores; results do not depend on it")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str()
      ->group("Common options");
  command
      ->add_option("--out", common.out,
                   "Directory for files beside the result; nothing is written without it")
      ->type_name("DIR")
      ->group("Common options");
  command
      ->add_option("--set", common.set,
                   "Override one value, such as --set trials=20 or --set fixed.hw.pe_x=14; repeatable")
      ->type_name("PATH=VALUE")
      ->group("Common options");
  command
      ->add_option("--config", common.config,
                   "YAML file with values of options (name: value); the command line wins")
      ->type_name("FILE")
      ->group("Common options");
  command->add_flag("--dry-run", common.dry_run, "Check everything and say what would be done, then stop")
      ->group("Common options");
  return command;
}

void json_unless_terminal(const CLI::App& command, Common& common) {
  if (command.count("--format") == 0 && isatty(STDOUT_FILENO) == 0) common.format = "json";
}

void print_json(const Common& common, const nlohmann::ordered_json& value) {
  const int indent = common.format == "jsonl" ? -1 : 2;
  const std::string text =
      value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void write_file(const std::string& directory, const std::string& name, const std::string& text) {
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error)
    throw std::runtime_error(fmt::format("{}: cannot create this directory: {}", directory, error.message()));
  const std::filesystem::path path = std::filesystem::path(directory) / name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  if (!file) throw std::runtime_error(fmt::format("{}: cannot write this file", path.string()));
}

}  // namespace dovetail::cli
