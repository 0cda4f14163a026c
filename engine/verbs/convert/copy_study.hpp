// A study from one store to another.
#pragma once

#include <string>

#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {

/// Copies everything that `from` has into the new store `to`, and reads it again to see that no trial changed.
Answer copy_study(const std::string& from, const std::string& to, const Asking& asking);

}  // namespace dovetail::verbs
