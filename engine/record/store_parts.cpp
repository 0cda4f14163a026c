// The kinds of stores (see the header).
#include <dovetail/engine/record/store_parts.hpp>

namespace dovetail {

std::vector<Part> store_parts() {
  return {
      {"sqlite", "a file, written by one process at a time", ""},
      {"postgresql", "postgresql://HOST/DATABASE#STUDY, where workers evaluate on any machine",
       std::string(postgres_unavailable())},
  };
}

}  // namespace dovetail
