// A network as our own descriptor, dovetail-workload/1.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <dovetail/workloads/import/imported.hpp>

namespace dovetail {

/// The descriptor that reads back equal but for information fields: layers, graph, repeats, learned operands,
/// widths, densities, and the operators without multiply-accumulates. Layers are conv, depthwise or matmul
/// where those words say exactly the same nest, else dims with tensors.
nlohmann::ordered_json native_workload(const Imported& imported);

}  // namespace dovetail
