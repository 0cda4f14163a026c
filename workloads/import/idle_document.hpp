// Operators without multiply-accumulates in our own descriptors: the key `idle` of dovetail-workload/1.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include <dovetail/workloads/import/imported.hpp>

namespace dovetail {

/// Reads the list under `idle` of a descriptor; empty when it has none.
std::vector<IdleOperator> read_idle(const Node& document, Diagnostics& diagnostics);

/// The list that reads back equal.
nlohmann::ordered_json idle_document(const std::vector<IdleOperator>& idle);

}  // namespace dovetail
