// dovetail completions: completions of the shells and the manual page, from the same words that --help prints.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command.hpp"

namespace dovetail::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> list;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_name().empty()) list.push_back(command);
  }
  return list;
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  std::vector<const CLI::Option*> list;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_lnames().empty()) list.push_back(option);
  }
  return list;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// A text inside single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

std::string bash_completion(const CLI::App& app) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    names.push_back(command->get_name());
    std::vector<std::string> words;
    for (const CLI::Option* option : options_of(*command)) words.push_back("--" + option->get_lnames().front());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), fmt::join(words, " "));
  }
  return fmt::format(
      "# bash completion of dovetail: source it, or put it into /etc/bash_completion.d\n"
      "_dovetail() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" words=\"{} --help --version\"\n"
      "  [ \"$COMP_CWORD\" -gt 1 ] && case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  case \"$current\" in -*) ;; *) [ \"$COMP_CWORD\" -gt 1 ] && COMPREPLY=($(compgen -f -- "
      "\"$current\")) ;; esac\n"
      "}}\n"
      "complete -o filenames -F _dovetail dovetail\n",
      fmt::join(names, " "), cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string out = "#compdef dovetail\n_dovetail() {\n  local -a commands\n  commands=(\n";
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    out += "    " + quoted(command->get_name() + ":" + first_line(command->get_description())) + "\n";
    cases += "    " + command->get_name() + ") _arguments '*:file:_files'";
    for (const CLI::Option* option : options_of(*command)) {
      std::string about = first_line(option->get_description());
      std::replace_if(
          about.begin(), about.end(), [](char c) { return c == '[' || c == ']' || c == ':'; }, ' ');
      const bool flag = option->get_items_expected_max() == 0;
      cases += " \\\n      " +
               quoted("--" + option->get_lnames().front() + "[" + about + "]" + (flag ? "" : ":value:_files"));
    }
    cases += " ;;\n";
  }
  return out + "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  case $words[2] in\n" +
         cases + "  esac\n}\n_dovetail \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string out = "# fish completion of dovetail\n";
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format("complete -c dovetail -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                       quoted(first_line(command->get_description())));
    for (const CLI::Option* option : options_of(*command)) {
      out +=
          fmt::format("complete -c dovetail -n '__fish_seen_subcommand_from {}' -l {} {}-d {}\n", command->get_name(),
                      option->get_lnames().front(), option->get_items_expected_max() == 0 ? "" : "-r ",
                      quoted(first_line(option->get_description())));
    }
  }
  return out;
}

// Text of a manual page: backslashes and leading dots mean something to roff.
std::string roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else {
      if (line_start && (c == '.' || c == '\'')) out += "\\&";
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string manual_page(const CLI::App& app) {
  std::string out =
      ".TH DOVETAIL 1\n.SH NAME\ndovetail \\- co\\-design of accelerators and schedules\n.SH SYNOPSIS\n.B "
      "dovetail\nCOMMAND [options]\n"
      ".SH DESCRIPTION\n" +
      roff(app.get_description()) + "\n";
  for (const CLI::App* command : commands_of(app)) {
    out += ".SH " + roff(command->get_name()) + "\n" + roff(command->get_description()) + "\n";
    for (const CLI::Option* option : command->get_options()) {
      const bool named = !option->get_lnames().empty();
      out += ".TP\n.B " + roff(named ? "--" + option->get_lnames().front() : option->get_name()) + "\n" +
             roff(option->get_description()) + "\n";
    }
    out += ".PP\n.nf\n" + roff(command->get_footer()) + ".fi\n";
  }
  return out + ".SH EXIT STATUS\n.nf\n" + roff(app.get_footer()) + ".fi\n";
}

}  // namespace

void add_completions(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "completions", "Prints the completions of a shell, or the manual page.",
      "source <(dovetail completions bash)\n  dovetail completions man | man -l -", {.formats = {}, .dry_run = false});
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh, fish, or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
  command->callback([&app, &action, shell] {
    action = [&app, shell]() -> int {
      say("{}", *shell == "bash"   ? bash_completion(app)
                : *shell == "zsh"  ? zsh_completion(app)
                : *shell == "fish" ? fish_completion(app)
                                   : manual_page(app));
      return exit_done;
    };
  });
}

}  // namespace dovetail::cli
