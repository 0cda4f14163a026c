// Options of the command line from tables (see the header).
#include "flags.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;
using Set = std::function<void(const std::string& key, const Node& value)>;

// The type of a property; of several, the one that a word can be.
std::string type_of(const Json& property) {
  const Json& type = property["type"];
  if (type.is_string()) return type.get<std::string>();
  for (const char* simple : {"string", "integer", "number", "boolean"})
    if (std::find(type.begin(), type.end(), simple) != type.end()) return simple;
  return type.front().get<std::string>();
}

std::vector<std::string> words_of(const Json& property) {
  std::vector<std::string> words;
  if (property.contains("enum"))
    for (const Json& word : property["enum"])
      if (word.is_string()) words.push_back(word.get<std::string>());
  return words;
}

// "FLOAT in [0 - 1]": what help says of the value.
std::string type_name(const std::string& type, const Json& property) {
  std::string name = type == "integer" ? "INT" : type == "number" ? "FLOAT" : "TEXT";
  const bool low = property.contains("minimum"), high = property.contains("maximum");
  if (low && high) return fmt::format("{} in [{} - {}]", name, property["minimum"].dump(), property["maximum"].dump());
  if (low) return fmt::format("{} at least {}", name, property["minimum"].dump());
  if (property.contains("exclusiveMinimum"))
    return fmt::format("{} above {}", name, property["exclusiveMinimum"].dump());
  return name;
}

// A mistake in a word is one of usage: its text without the place, which the flag's name says.
void read_word(const std::string& flag, const std::string& key, const Node& value, const Set& set) {
  try {
    set(key, value);
  } catch (const InputError& error) {
    std::string text;
    for (const Diagnostic& diagnostic : error.diagnostics()) text += (text.empty() ? "" : "; ") + diagnostic.message;
    throw CLI::ValidationError(flag, text);
  }
}

Node value_of(const std::string& flag, const std::string& word, bool is_text) {
  return Node::scalar({flag, 0, 0, ""}, word, is_text);
}

CLI::Option* add_flag(CLI::App& command, const std::string& flag, const std::string& key, const Json& property,
                      const Set& set) {
  const std::string type = type_of(property), help = property["description"].get<std::string>();
  const auto read = [=](const std::string& word) { read_word(flag, key, value_of(flag, word, type == "string"), set); };
  if (type == "boolean") {
    return command.add_flag_function(
        flag,
        [=](std::int64_t count) { read_word(flag, key, value_of(flag, count > 0 ? "true" : "false", false), set); },
        help);
  }
  if (type == "array") {
    const auto read_list = [=](const std::vector<std::string>& words) {
      std::vector<Node> items;
      for (const std::string& word : words) items.push_back(value_of(flag, word, true));
      read_word(flag, key, Node::sequence({flag, 0, 0, ""}, std::move(items)), set);
    };
    return command.add_option_function<std::vector<std::string>>(flag, read_list, help)->allow_extra_args(false);
  }
  CLI::Option* option = command.add_option_function<std::string>(flag, read, help);
  if (const std::vector<std::string> words = words_of(property); !words.empty())
    option->check(CLI::IsMember(words));
  else
    option->type_name(type_name(type, property));
  if (property.contains("default") && !property["default"].is_null()) {
    const Json& fallback = property["default"];
    const std::string text = fallback.is_string() ? fallback.get<std::string>() : fallback.dump();
    if (!text.empty()) option->default_str(text);
  }
  return option;
}

}  // namespace

void add_flags(CLI::App& command, const Json& schema, const FlagForm& form, const Set& set) {
  for (const auto& [key, property] : schema["properties"].items()) {
    if (std::find(form.without.begin(), form.without.end(), key) != form.without.end() || !property.contains("type") ||
        type_of(property) == "object")
      continue;
    std::string flag = form.names.contains(key) ? form.names.at(key) : "--" + key;
    std::replace(flag.begin(), flag.end(), '_', '-');
    CLI::Option* option = add_flag(command, flag, key, property, set);
    if (form.types.contains(key)) option->type_name(form.types.at(key));
    if (form.words.contains(key)) option->transform(form.words.at(key));
  }
}

}  // namespace dovetail::cli
