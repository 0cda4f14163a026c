// Spaces written by users: parameters and constraints in YAML or JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// The space of a document such as
///
///     parameters:
///       - {name: pe_x, kind: integer, low: 1, high: 168}
///       - {name: lr, kind: real, low: 1e-4, high: 1, log: true}
///       - {name: tile, kind: ordinal, values: [1, 2, 4, 8]}
///       - {name: flow, kind: categorical, values: [ws, os]}
///       - {name: order, kind: permutation, values: [K, C, P]}
///       - {name: C, kind: factorization, product: 64, slots: [spad, pe, dram]}
///     constraints: ["168 % pe_x == 0", "flow == 'ws' or tile <= 4"]
///     goal: ...            # read elsewhere
///
/// Every mistake is a located error in `diagnostics`, and the answer is then none. Keys other than these three and
/// `schema: dovetail-space/1` are errors.
std::optional<Space> read_space(const Node& document, Diagnostics& diagnostics);

/// JSON Schema of dovetail-space/1.
nlohmann::ordered_json space_schema();

/// Reads the value of `parameters:`; with mistakes, the legal ones are left out.
std::vector<Parameter> read_parameters(const Node& list, Diagnostics& diagnostics);

/// Reads the value of `constraints:` over these parameters; with mistakes, the legal ones are left out.
std::vector<Constraint> read_constraints(const Node& list, const std::vector<Parameter>& parameters,
                                         Diagnostics& diagnostics);

/// Reports mistakes of an expression written in this scalar at their own columns.
void report(const std::vector<ExpressionMistake>& mistakes, const Node& scalar, Diagnostics& diagnostics);

}  // namespace dovetail
