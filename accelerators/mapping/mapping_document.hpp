// Mappings as documents: read with located mistakes, written so that they read back equal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Reads `mapping` of the reference schema, or a dovetail-mapping/1 document. Loops are lists of [dimension, factor],
/// or text such as "K4 C2 P7" ("k1=4" where names end in digits); an absent `keep` keeps everything. Level names out of
/// order, unknown dimensions and tensors, a dimension twice in one list and factors below 1 are errors; factors whose
/// product differs from the extent are not: evaluators answer that with a violation.
std::optional<Mapping> read_mapping(const Node& node, const Layer& layer, const Architecture& architecture,
                                    Diagnostics& diagnostics);

/// The document's object, as in the reference schema; our additional keys appear only when they say something.
nlohmann::ordered_json to_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

/// JSON Schema of dovetail-mapping/1.
nlohmann::ordered_json mapping_schema();

}  // namespace dovetail
