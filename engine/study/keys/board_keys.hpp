// The key `system` with boards: a pipeline of FPGA boards that layers are placed on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Boards that may be used, each with a tiling of its own.
struct StudyBoards {
  std::vector<Node> boards;  ///< names or mappings; empty: no boards
  int at_most = 0;           ///< that are used together; 0: all
  std::string edition = "geometric";
  std::string prefer = "utilization";  ///< among the plans that keep the rate: utilization, energy, or the least period
  double link_bits = 64.0;             ///< that go from board to board in a cycle
  std::optional<Node> grid;            ///< of tilings
  Location where;
};

/// Whether `system` means boards.
bool is_boards(const Node& node);

/// {boards, at_most, edition, prefer, link_bits, grid}; what is not named stays.
void read_boards(const Node& node, StudyBoards& boards, Diagnostics& diagnostics);

}  // namespace dovetail
