// A layer as a document: the reference schema's `problem`, and the text of an einsum.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Reads `problem` of schema timeloop-reference-case/1: `name`, `dims` (name -> extent) and `tensors` (name -> `axes`,
/// `write`, and our `word_bits`, `density`); also our information keys `kind` and `padding`. Tensors may have any
/// names. An axis is a list of [dimension, coefficient], or text such as "2p+r". None when there was an error.
std::optional<Layer> read_problem(const Node& node, Diagnostics& diagnostics);

/// The problem that reads back equal. Keys beyond the reference schema appear only when they say something.
nlohmann::ordered_json problem_json(const Layer& layer);

/// JSON Schema of a problem.
nlohmann::ordered_json problem_schema();

/// Reads an einsum such as "O[n,k,p,q] += I[n,c,2p+r,2q+s] * W[k,c,r,s]" into tensors over the layer's dimensions.
/// The tensor left of += is the written one and comes last. Errors are located at `where`.
bool read_einsum(std::string_view text, const Location& where, Layer& layer, Diagnostics& diagnostics);

/// An axis as text: "2p+r"; empty for an axis without terms.
std::string axis_text(const Layer& layer, const Axis& axis);

/// A layer as one einsum line: "Outputs[N,K,P,Q] += Inputs[N,C,P+R,Q+S] * Weights[K,C,R,S]".
std::string einsum_text(const Layer& layer);

}  // namespace dovetail
