// What verbs read.
#include <dovetail/engine/verbs/answer.hpp>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

Input read_input(const std::string& path, const std::string& dash, const Asking& asking) {
  if (path == "-" && asking.input) return {asking.input(), dash};
  return {read_text(path), path};
}

}  // namespace dovetail::verbs
