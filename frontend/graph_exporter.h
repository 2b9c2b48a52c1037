#pragma once

#include <onnx/onnx_pb.h>

#include <ostream>

#include "ir/graph.h"

namespace gatefold {

/// Where tensors go that do not stay in the model file.
struct ExternalTarget {
  std::ostream& stream;
  std::string location;  ///< Name of the file, relative to the model's folder.
  std::size_t size = 0;  ///< Bytes written.
};

/// Bytes of all tensors in the model's graphs and their sub-graphs, attributes included.
std::size_t tensor_bytes(const Model& model);

/// The model as a ModelProto of the lowest opset that holds every node's form and types. With
/// `external`, tensors of 1 KiB and more are written there. Throws Error when no opset does.
onnx::ModelProto export_model(const Model& model, ExternalTarget* external);

}  // namespace gatefold
