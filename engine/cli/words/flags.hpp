// Options of the command line from the tables that documents are read by: a row is a flag, its help and its checks.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::cli {

/// What a row cannot say of its flag.
struct FlagForm {
  std::vector<std::string> without = {};             ///< keys that are no flags here
  std::map<std::string, std::string> types = {};     ///< the word for the value in help, such as FILE
  std::map<std::string, std::string> names = {};     ///< flags that are not named like their key
  std::map<std::string, CLI::Validator> words = {};  ///< what is done to a word before it is read
};

/// A flag for every property of a record's schema that has a value of its own; `set` reads a word for a key, or throws
/// InputError. A value that is a list is a flag that may be repeated.
void add_flags(CLI::App& command, const nlohmann::ordered_json& schema, const FlagForm& form,
               const std::function<void(const std::string& key, const Node& value)>& set);

/// The flags of a table, read into `values`, which outlive the command.
template <class T>
void add_flags(CLI::App& command, const Record<T>& table, T& values, const FlagForm& form = {}) {
  add_flags(command, table.schema(), form, [&table, &values](const std::string& key, const Node& value) {
    Diagnostics diagnostics;
    table.read_into(Node::mapping(value.location(), {Node::Entry{key, value.location(), value}}), values, diagnostics);
    diagnostics.raise();
  });
}

}  // namespace dovetail::cli
