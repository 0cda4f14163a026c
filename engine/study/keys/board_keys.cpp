// Reading of the boards of a system.
#include <dovetail/engine/study/keys/board_keys.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

const std::vector<std::string> keys = {"boards", "at_most", "edition", "prefer", "link_bits", "grid"};
constexpr std::size_t most_boards = 8;

}  // namespace

bool is_boards(const Node& node) {
  return node.is_mapping() && std::any_of(node.entries().begin(), node.entries().end(), [](const Node::Entry& entry) {
           return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
         });
}

void read_boards(const Node& node, StudyBoards& boards, Diagnostics& diagnostics) {
  if (!require_mapping(node, "system", diagnostics)) return;
  boards.where = node.location();
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "boards") {
      if (!require_sequence(entry.value, "boards", diagnostics)) continue;
      boards.boards = entry.value.items();
      if (boards.boards.empty() || boards.boards.size() > most_boards)
        diagnostics.error(entry.value.location(),
                          fmt::format("boards: {} boards, allowed are 1 to {}", boards.boards.size(), most_boards));
    } else if (entry.key == "at_most") {
      read_value(entry.value, "at_most", between(1, most_boards), diagnostics, boards.at_most);
    } else if (entry.key == "edition") {
      read_value(entry.value, "edition", one_of({"geometric", "padded", "clipped"}), diagnostics, boards.edition);
    } else if (entry.key == "prefer") {
      read_value(entry.value, "prefer", one_of({"utilization", "energy", "period"}), diagnostics, boards.prefer);
    } else if (entry.key == "link_bits") {
      read_value(entry.value, "link_bits", above_to(0, 1e6), diagnostics, boards.link_bits);
    } else if (entry.key == "grid") {
      boards.grid = entry.value;
    } else {
      diagnostics.error(entry.where, fmt::format("system: no key {}{}", quote(entry.key), suggestion(entry.key, keys)));
    }
  }
  if (boards.boards.empty() && !diagnostics.failed())
    diagnostics.error(node.location(), "system: expected boards: [zcu102, ...]");
}

}  // namespace dovetail
