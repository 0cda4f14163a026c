// What can be chosen by name: a row of the tables of designers, mappers, evaluators, stores and formats.
#pragma once

#include <string>

namespace dovetail {

/// A thing that a user names.
struct Part {
  std::string name;
  std::string about;
  std::string unavailable = {};  ///< why it is not in this build; empty: it is
};

}  // namespace dovetail
