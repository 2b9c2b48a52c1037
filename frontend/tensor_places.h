#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace gatefold {

/// Where a model's file holds the tensors of its graph, so that they can be written back in place:
/// in initializers, those of sub-graphs included, and in attributes, such as those of Constant
/// nodes.
struct TensorPlaces {
  /// For the name of a constant or parameter of the graph or its sub-graphs: the number of its
  /// tensor in the order of the file. A tensor of a function is the same in all its calls.
  std::map<std::string, std::size_t, std::less<>> numbers;
  std::uint64_t bytes = 0;  ///< Size of the file with the tensors of other files in it.
};

/// Reads a model as read_model does (onnx_reader.h), and stores where its file holds its tensors.
Model read_model(const std::filesystem::path& path, TensorPlaces& places);

/// Reads the bytes of a protobuf model in the same way.
Model read_model_bytes(std::string_view bytes, TensorPlaces& places);

/// Checks that a file with other numbers in the tensors of these names can be written. Throws Error
/// for a tensor that has no place, and when the file would be too large for protobuf.
void require_writable(const TensorPlaces& places, std::span<const std::string> names);

}  // namespace gatefold
