// A design: one layer on one machine, with or without its schedule. The document that `evaluate` and `map` read.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A layer, a machine, and a mapping when the document has one. The option link_transfers is a property of the machine:
/// Architecture::link_transfers.
struct Design {
  std::string id;
  std::string note;
  Layer layer;
  Architecture architecture;
  std::optional<Mapping> mapping;
  bool operator==(const Design&) const = default;
};

/// Reads a design document. Throws InputError with all mistakes.
///
/// `timeloop-reference-case/1` (also without a schema key): problem, arch, mapping, options, id, note; further
/// top-level keys are annotations and ignored. `dovetail-design/1`: the same keys and nothing else, where `layer` may
/// stand for problem (in the words of a workload descriptor, {name: c, conv: 64x56x56 -> 64, kernel: 3}),
/// `architecture` for arch, and both may be in the short forms that document.hpp describes.
Design read_design(const Node& document);

/// read_design of a file.
Design load_design(const std::string& path);

/// The design as a timeloop-reference-case/1 document that reads back equal.
nlohmann::ordered_json to_json(const Design& design);

/// JSON Schema of dovetail-design/1.
nlohmann::ordered_json design_schema();

}  // namespace dovetail
