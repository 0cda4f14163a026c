// One nest as a table of integer events: what moves when which loop advances, over which port, and for how long.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace dovetail {

/// Most streams (tensor x boundary between kept levels), loops and ports of a nest.
inline constexpr int max_streams = 31;
inline constexpr int max_nest_loops = 80;
inline constexpr int max_ports = 64;

/// A temporal loop above the innermost level. Loops are numbered innermost first.
struct NestLoop {
  std::int64_t trips = 2;
  std::int64_t edge_trips =
      2;          ///< trips of the last pass, when all outer loops of the dimension are at their last index
  int edge = -1;  ///< bit of its dimension among the ragged dimensions; -1: the dimension divides evenly
  int dimension = -1;
  int level = 1;           ///< the level that owns it: it steps tiles of level - 1 and below
  bool reduction = false;  ///< does not move the written tensor
};

/// What a tile that moves costs: `words` cross the parent's port, `child_words` enter one child.
struct Movement {
  std::int64_t cycles = 0;       ///< occupancy of the port, in time units
  std::int64_t back_cycles = 0;  ///< occupancy when written back (outputs)
  std::int64_t words = 0, child_words = 0;
  bool moves = false;
};

/// A tensor between two kept levels.
struct Stream {
  bool output = false;
  int tensor = 0;
  int parent_level = 1, child_level = 0;
  int parent = -1;     ///< stream above, that fills this one's parent; -1: the outermost memory
  int first_loop = 0;  ///< loops from here on are above the child: only they move its tile
  int read_port = 0, write_port = 0;
  int depth = 2;            ///< tiles that the child holds at once
  bool feeds = false;       ///< the child is where the units take it from
  bool own_update = false;  ///< between two visits of a tile so many others leave that its own update is over
  std::int64_t latency = 0;
  std::array<std::int8_t, 16> edge_bits{};  ///< bits of NestLoop::edge that matter to this tensor
  int edges = 0;                            ///< how many of them: the tile has 2^edges shapes
  /// movements[(carry - first_loop) << edges | shape], carry = first_loop .. number of loops (= the first step)
  std::vector<Movement> movements;
};

/// The table. Everything is in time units: `units_per_cycle` of them make a cycle.
struct EventTable {
  std::int64_t units_per_cycle = 1;
  std::vector<NestLoop> loops;  ///< innermost first
  int ragged = 0;               ///< number of ragged dimensions
  std::vector<Stream> streams;  ///< inputs from the outermost boundary inwards, then outputs likewise
  int inputs = 0;               ///< streams [0, inputs) are inputs
  int ports = 0;
  /// Occupancy of one step at the innermost level by [revisit << ragged | edge bits]; latency until its results exist.
  std::vector<std::int64_t> step_cycles;
  std::int64_t result_latency = 0;
  int pass = -1;       ///< stream whose moves begin a pass (see Machine::passes); -1: there are none
  bool spill = true;   ///< partial sums leave and return when the reduction continues; false: they stay
  int host_loop = -1;  ///< a step whose advancing loop is at least this one costs host issue time; -1: never
  std::int64_t host_cycles = 0;
  int host_queue = 2;  ///< issued but unfinished steps

  /// Steps of the nest (saturating): the number of computes.
  std::int64_t steps() const;
};

/// Where lost cycles went.
enum class StallCause : std::uint8_t {
  bandwidth,  ///< the port was busy with this tensor's own transfer
  port,       ///< the port was busy with another tensor
  depth,      ///< no free slot: the buffer is too shallow
  latency,    ///< waiting for latency only
  update,     ///< a partial sum had to come back first
  host,       ///< the host had not issued the step
  causes
};
inline constexpr int stall_causes = static_cast<int>(StallCause::causes);

/// What a run of the table answers. busy + sum of stalls + fill + drain = makespan, exactly.
struct TimelineResult {
  std::int64_t makespan = 0;  ///< time units
  std::int64_t busy = 0, fill = 0, drain = 0;
  /// stalls[stream * stall_causes + cause], then the host's; empty when not asked for
  std::vector<std::int64_t> stalls;
  std::vector<std::int64_t> words;       ///< per stream: words over the parent's port into children
  std::vector<std::int64_t> back_words;  ///< per stream: words written back to the parent
  std::vector<std::int64_t> port_busy;   ///< per port
  std::int64_t executed_steps = 0;       ///< steps really simulated
};

}  // namespace dovetail
