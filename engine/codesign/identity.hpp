// What a store knows a study by: everything that would change its trials.
#pragma once

#include <string>

#include <dovetail/engine/record/store.hpp>

namespace dovetail {

class Codesign;

/// The identity of a study, and what reports want to know of the run that began it.
StudyRecord study_record(const Codesign& codesign, const std::string& command, const std::string& version);

}  // namespace dovetail
