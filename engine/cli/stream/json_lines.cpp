// One line in, one line out.
#include "json_lines.hpp"

#include <iostream>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "exit.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* const one_line_hint =
    "hint: '-' reads one document per line, and the first goes on in the next: name the file instead of '-', "
    "or put the document into one line (jq -c .)\n";

// Whether a line starts a document that goes on in the next ones: what `--format json` prints.
bool goes_on(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
  return first != std::string::npos && (line[first] == '{' || line[first] == '[') &&
         (line[last] == '{' || line[last] == '[' || line[last] == ',' || line[last] == ':');
}

// The answer to a line, with its number `question` when it has one.
Json answer_line(const std::string& line, const std::string& name, const std::function<Json(const Node&)>& answer) {
  Json json;
  std::optional<std::int64_t> question;
  try {
    const Node document = parse_json(line, name);
    if (const Node* node = document.find("question")) question = node->as_integer();
    json = answer(document);
  } catch (const InputError& error) {
    json = {{"error", error.what()}};
  } catch (const std::exception& error) {
    json = {{"error", fmt::format("{}: {}", name, error.what())}};
  }
  if (question) json["question"] = *question;
  return json;
}

}  // namespace

int answer_lines(const std::function<nlohmann::ordered_json(const Node&)>& answer) {
  bool all_good = true;
  std::string line;
  for (std::int64_t number = 1; !interrupted() && std::getline(std::cin, line); ++number) {
    const Json json = answer_line(line, fmt::format("line {}", number), answer);
    if (json.contains("error")) {
      all_good = false;
      if (number == 1 && goes_on(line)) warn("{}", one_line_hint);
    }
    put_json(json, true);
  }
  if (interrupted()) return interrupt_exit_code();
  return all_good ? exit_done : exit_input;
}

}  // namespace dovetail::cli
