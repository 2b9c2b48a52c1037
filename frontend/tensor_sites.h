#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <vector>

namespace gatefold {

/// A tensor of a model file: an initializer, or an attribute of a node.
struct TensorSite {
  onnx::TensorProto* tensor = nullptr;        ///< nullptr where the attribute is a list of floats.
  onnx::AttributeProto* attribute = nullptr;  ///< nullptr for an initializer.

  /// A key that no other tensor of the file has.
  const void* identity() const {
    return attribute != nullptr ? static_cast<const void*>(attribute) : tensor;
  }
};

/// Every tensor of the model's graph, functions and training algorithms, sub-graphs included, in
/// the order of the file.
std::vector<TensorSite> tensor_sites(onnx::ModelProto& model);

/// The bytes that the model takes as a file, with the tensors of other files in it.
std::uint64_t bytes_with_all_tensors(const onnx::ModelProto& model,
                                     const std::vector<TensorSite>& sites);

}  // namespace gatefold
