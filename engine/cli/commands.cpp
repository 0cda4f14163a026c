// The list of commands, in the order in which help prints them.
#include "commands.hpp"

namespace dovetail::cli {

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> list = {
      add_convert,
      add_explain,
  };
  return list;
}

}  // namespace dovetail::cli
