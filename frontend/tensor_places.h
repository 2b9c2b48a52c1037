#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "ir/graph.h"

namespace gatefold {

/// Where a model's file holds the tensors of its graph, so that they can be written back in their
/// place: in initializers, those of sub-graphs included, and in attributes, as of Constant nodes.
struct TensorPlaces {
  /// For the name of a constant or parameter of the graph or its sub-graphs: which tensor of the
  /// file it is, counted in the order of the file. A tensor of a function is one in all its calls.
  std::map<std::string, std::size_t, std::less<>> numbers;
  std::uint64_t bytes = 0;  ///< Of the file, if the tensors in other files were in it.
};

/// Reads a model as read_model does (onnx_reader.h), and where its file holds its tensors.
Model read_model(const std::filesystem::path& path, TensorPlaces& places);

/// Throws Error when a file with other numbers in the tensors of these names could not be written:
/// one that has no place, or a file that is too large for protobuf.
void require_writable(const TensorPlaces& places, std::span<const std::string> names);

}  // namespace gatefold
