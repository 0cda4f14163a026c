// What a file is that holds no workload of a format that is read: so that a refusal says what was found.
#pragma once

#include <string>
#include <string_view>

#include <dovetail/workloads/import/source.hpp>

namespace dovetail {

/// Whether a suffix (".csv", ".m", ".onnx") alone tells a foreign format.
bool is_foreign_suffix(std::string_view suffix);

/// Whether a document of ours is meant: it has our schema key, our `layers`, or a problem with our `dims`.
bool is_native_document(const Node& document);

/// Whether the text is none that a reader of documents should see: a SCALE-Sim configuration, MATLAB and the like.
/// Empty when it is not.
std::string other_text(const Source& source);

/// Whether the document is a workload of AccelForge: einsums at the top or in `workload`, which of ours is a name, a
/// list of names, or a workload as it stands.
bool is_accelforge_workload(const Node& document);

/// "no workload in it: this looks like a Timeloop architecture; not read".
std::string other_document(const Node& document);

}  // namespace dovetail
