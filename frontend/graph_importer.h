#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/tensor_places.h"
#include "ir/graph.h"

namespace gatefold {

/// Makes a Model from a parsed ONNX model. External data is looked for in `folder`. Where they are
/// given, `places` receives what the model's tensors are in the file, and `contradictions` the
/// stated shapes that its nodes contradict. Errors: see read_model.
Model import_model(onnx::ModelProto proto, const std::filesystem::path& folder,
                   TensorPlaces* places = nullptr,
                   std::vector<ShapeContradiction>* contradictions = nullptr);

}  // namespace gatefold
