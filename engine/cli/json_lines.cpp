// One line in, one line out.
#include "json_lines.hpp"

#include <cstdio>
#include <iostream>
#include <string>

#include <fmt/format.h>

#include "signals.hpp"

namespace dovetail::cli {

int answer_lines(const std::function<nlohmann::ordered_json(const Node&)>& answer) {
  using Json = nlohmann::ordered_json;
  bool all_good = true;
  std::string line;
  for (std::int64_t number = 1; !interrupted() && std::getline(std::cin, line); ++number) {
    Json json;
    try {
      json = answer(parse_json(line, fmt::format("line {}", number)));
    } catch (const InputError& error) {
      all_good = false;
      json = {{"error", error.what()}};
    } catch (const std::exception& error) {
      all_good = false;
      json = {{"error", fmt::format("line {}: {}", number, error.what())}};
    }
    const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  if (interrupted()) return interrupt_exit_code();
  return all_good ? exit_done : exit_input;
}

}  // namespace dovetail::cli
