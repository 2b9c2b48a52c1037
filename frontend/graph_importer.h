#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

#include "frontend/tensor_places.h"
#include "ir/graph.h"

namespace gatefold {

/// Makes a Model from a parsed ONNX model. External data is looked for in `folder`. `places`, where
/// given, receives what the model's tensors are in the file.
/// Errors: see read_model.
Model import_model(onnx::ModelProto proto, const std::filesystem::path& folder,
                   TensorPlaces* places = nullptr);

}  // namespace gatefold
