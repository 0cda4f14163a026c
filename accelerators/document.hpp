// Architectures and mappings as documents: read with located mistakes, written so that they read back equal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include <dovetail/accelerators/architecture.hpp>
#include <dovetail/accelerators/mapping.hpp>
#include <dovetail/workloads/document.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Reads `arch` of schema timeloop-reference-case/1, or a dovetail-architecture/1 document (the same keys). By hand,
/// less is needed: `instances` follows from the meshes (or mesh_x from it), energies, areas and networks are zero unless
/// given, and `energy: 0.95` stands for equal read, fill and update. None when there was an error.
std::optional<Architecture> read_architecture(const Node& node, Diagnostics& diagnostics);

/// Reads `mapping` of the reference schema, or a dovetail-mapping/1 document. Loops are lists of [dimension, factor], or
/// text such as "K4 C2 P7" ("k1=4" where names end in digits); an absent `keep` keeps everything. Level names out of
/// order, unknown dimensions and tensors, a dimension twice in one list and factors below 1 are errors; factors whose
/// product differs from the extent are not: evaluators answer that with a violation.
std::optional<Mapping> read_mapping(const Node& node, const Layer& layer, const Architecture& architecture,
                                    Diagnostics& diagnostics);

/// The documents' objects, as in the reference schema; our additional keys appear only when they say something.
nlohmann::ordered_json to_json(const Architecture& architecture);
nlohmann::ordered_json to_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

/// An architecture from a dovetail-architecture/1 file, or from the `arch` of a design file. Throws InputError.
Architecture load_architecture(const std::string& path);

/// JSON Schemas of dovetail-architecture/1 and dovetail-mapping/1.
nlohmann::ordered_json architecture_schema();
nlohmann::ordered_json mapping_schema();

}  // namespace dovetail
