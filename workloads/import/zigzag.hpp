// ZigZag and Stream workloads: a YAML list of layers, each an equation over named loops.
#pragma once

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

/// Rows of Format. After KULeuven-MICAS/zigzag 3d12a96: `dimension_relations` carry stride and dilation,
/// `operand_source` is the graph (a layer's own id stands for a constant), `operand_precision` the width of the words.
/// Layers without products are idle operators.
bool is_zigzag(const Source& source);
void read_zigzag(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);

}  // namespace dovetail
