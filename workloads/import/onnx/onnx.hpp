// ONNX models: the convolutions and matrix products of a graph, with their weights by size.
#pragma once

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

/// A row of Format: by suffix, or by the first bytes of a protocol buffer that starts with ir_version.
bool is_onnx(const Source& source);

/// Reads the graph of a model. `options.sizes` binds symbolic sizes by their name (`batch`), and nameless
/// ones as `TENSOR.AXIS`. Layers are Conv, ConvInteger, QLinearConv, ConvTranspose, Gemm, MatMul,
/// MatMulInteger, QLinearMatMul and Einsum of two operands; all other operators are idle. An operand is
/// learned when it depends on no input. Where the program is built without ONNX, every file is refused with
/// the names of the packages.
void read_onnx(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);

/// Why this build reads no ONNX; empty where it does.
std::string_view onnx_unavailable();

}  // namespace dovetail
