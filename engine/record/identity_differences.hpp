// In what two studies differ, for whoever meant them to be the same.
#pragma once

#include <string>

#include <dovetail/engine/record/store.hpp>

namespace dovetail {

/// Every value that differs between the store's identity and the one asked for, each on a line; empty when equal.
std::string identity_differences(const StudyRecord& stored, const StudyRecord& asked);

}  // namespace dovetail
