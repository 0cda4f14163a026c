// The graph of an ONNX file, without the words of its weights.
#pragma once
#ifdef DOVETAIL_ONNX

#include <onnx/onnx_pb.h>

#include <string>

namespace dovetail::onnx_import {

/// The model in a file. Data of tensors above 16 KiB are passed over where they lie in the file, so that the
/// cost is that of the graph; files that hold weights outside themselves need not have them. Throws
/// InputError when the file is no ONNX model, is cut off, or is nested more than 64 deep.
onnx::ModelProto load_onnx(const std::string& path);

}  // namespace dovetail::onnx_import
#endif
