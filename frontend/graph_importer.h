#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

#include "ir/graph.h"

namespace gatefold {

/// Makes a Model from a parsed ONNX model. External data is looked for in `folder`.
/// Errors: see read_model.
Model import_model(onnx::ModelProto proto, const std::filesystem::path& folder);

}  // namespace gatefold
