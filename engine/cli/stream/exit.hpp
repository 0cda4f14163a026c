// How the program ends; scripts rely on these numbers.
#pragma once

namespace dovetail::cli {

enum Exit : int {
  exit_done = 0,
  exit_internal = 1,    ///< a bug of ours
  exit_usage = 2,       ///< wrong options
  exit_input = 3,       ///< a descriptor or line that cannot be read
  exit_infeasible = 4,  ///< no feasible point
  exit_limit = 5,       ///< --time or a resource limit ended the search; best so far was written
  exit_storage = 6,     ///< the store cannot be used, or the result cannot be written
  exit_interrupt = 130,
  exit_terminate = 143,
};

}  // namespace dovetail::cli
