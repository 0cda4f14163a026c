// The list of commands, in the order in which help prints them.
#include "commands.hpp"

namespace dovetail::cli {

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> list = {
      add_evaluate, add_map,    add_place,   add_optimize, add_sweep,     add_serve,       add_describe,
      add_report,   add_worker, add_explain, add_convert,  add_calibrate, add_completions,
  };
  return list;
}

}  // namespace dovetail::cli
