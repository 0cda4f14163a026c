// Architectures as documents: read with located mistakes, written so that they read back equal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Reads `arch` of schema timeloop-reference-case/1, or a dovetail-architecture/1 document (the same keys). By hand,
/// less is needed: `instances` follows from the meshes (or mesh_x from it), energies, areas and networks are zero
/// unless given, and `energy: 0.95` stands for equal read, fill and update. None when there was an error.
std::optional<Architecture> read_architecture(const Node& node, Diagnostics& diagnostics);

/// The document's object, as in the reference schema; our additional keys appear only when they say something.
nlohmann::ordered_json to_json(const Architecture& architecture);

/// An architecture from a dovetail-architecture/1 file, or from the `arch` of a design file. Throws InputError.
Architecture load_architecture(const std::string& path);

/// JSON Schema of dovetail-architecture/1.
nlohmann::ordered_json architecture_schema();

}  // namespace dovetail
