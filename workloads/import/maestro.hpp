// MAESTRO models: networks of layers with a type, strides and dimensions.
#pragma once

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

/// Rows of Format. CONV, DSCONV (depthwise, K filters per channel), NGCONV (G groups, K filters per group, C channels
/// over all groups), TRCONV (transposed, uncropped) and GEMM, after maestro-project/maestro 4eb08d1. Dataflows are read
/// over.
bool is_maestro(const Source& source);
void read_maestro(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);

}  // namespace dovetail
