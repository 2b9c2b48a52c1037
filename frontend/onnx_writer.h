#pragma once

#include <filesystem>
#include <string_view>

#include "ir/graph.h"

namespace gatefold {

/// Writes the model as ONNX protobuf, stating the lowest opset that holds every node's form. The
/// file appears whole or not at all. Throws Error when it cannot be written.
void write_model(const Model& model, const std::filesystem::path& path);

/// Writes a TensorProto file.
void write_tensor_file(const Tensor& tensor, std::string_view name,
                       const std::filesystem::path& path);

}  // namespace gatefold
