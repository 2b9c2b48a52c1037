#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/graph.h"

namespace gatefold {

/// Makes a Model from a parsed ONNX model. External data is looked for in `folder`. For
/// `contradictions` and errors see read_model.
Model import_model(onnx::ModelProto proto, const std::filesystem::path& folder,
                   std::vector<ShapeContradiction>* contradictions = nullptr);

}  // namespace gatefold
