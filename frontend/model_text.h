#pragma once

#include <onnx/onnx_pb.h>

#include <string>

namespace gatefold {

/// The model in ONNX text that reads back as the same model: with every number, and every value
/// under its name. Left out are names of nodes and graphs, documentation and the stated types of
/// inner values. Tensors lie in the message, not in other files.
/// Throws Error for what the text cannot hold: names of values, inputs or extents that are no
/// identifiers ("/x/in" would become "_x_in"), halves, infinities, NaN and denormals, texts with
/// quotes, types that are no tensors.
std::string model_text(const onnx::ModelProto& model);

}  // namespace gatefold
