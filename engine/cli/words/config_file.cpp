// Values of options from a YAML file.
#include "config_file.hpp"

#include <algorithm>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail::cli {

std::vector<std::string> with_config_file(const CLI::App& app, const std::string& file, int argc, char** argv) {
  const CLI::App* command = &app;
  for (const CLI::App* chosen : app.get_subcommands()) command = chosen;
  std::vector<std::string> allowed;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (name != "help" && name != "config") allowed.push_back(name);
    }
  }

  const Node document = load_file(file);
  Diagnostics diagnostics;
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!document.is_mapping() && !document.is_null()) {
    diagnostics.error(document.location(), "expected options as 'name: value', found " + document.describe());
  }
  for (const Node::Entry& entry : document.entries()) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) == allowed.end()) {
      diagnostics.error(entry.where,
                        "no option " + quote(entry.key) + " of this command" + suggestion(entry.key, allowed));
      continue;
    }
    const CLI::Option* option = command->get_option("--" + entry.key);
    if (option->count() > 0 && option->get_items_expected_max() <= 1) continue;
    const std::vector<Node> values = entry.value.is_sequence() ? entry.value.items() : std::vector<Node>{entry.value};
    for (const Node& value : values) {
      if (!value.is_scalar()) {
        diagnostics.error(value.location(), "expected a value for " + quote(entry.key) + ", found " + value.describe());
      } else if (option->get_items_expected_max() == 0) {
        if (value.as_boolean().value_or(false)) words.push_back("--" + entry.key);
      } else {
        words.push_back("--" + entry.key + "=" + value.text());
      }
    }
  }
  diagnostics.raise();
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace dovetail::cli
