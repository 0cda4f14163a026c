// Costs of a network on a pool of FPGA boards: cut into stages, a board and a tiling each, solved exactly for every
// network.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/study/keys/board_keys.hpp>

namespace dovetail {

/// frames_per_s, period_ms, latency_ms (of one frame through all stages), energy_mj (of a frame, by the boards' assumed
/// powers), utilization (mean over the used boards of stage / required period, as in Co-Exploration NAS), boards (that
/// are used).
///
/// A stage takes as long as its layers one after the other under its board's best tiling, or as its longer transfer.
/// Among the plans with at most `at_most` boards that keep `frames_per_s` the preferred one is taken; where none keeps
/// it, or none is required, the one with the least period. Tilings are those of the grid that fit DSP slices, ports and
/// memory blocks. Several networks run one after the other. A layer that no engine runs fails the candidate by its
/// name.
std::unique_ptr<Stage> make_boards_pricer(const CandidateSpace& space, const StudyBoards& boards,
                                          std::optional<double> frames_per_s, Diagnostics& diagnostics);

}  // namespace dovetail
