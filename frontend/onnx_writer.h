#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "frontend/tensor_places.h"
#include "ir/graph.h"

namespace gatefold {

/// Most bytes of tensors in one protobuf message: its 2 GiB, less some room for everything else.
inline constexpr std::size_t kMostInlineBytes = (std::size_t{1} << 31) - (std::size_t{1} << 26);

/// Writes the model as ONNX protobuf, or as ONNX text when the file's name ends in .onnxtxt. The
/// file states the lowest opset that holds every node's form and allows the types of its values.
/// Parameters and integer constants become initializers, other constants become Constant nodes, so
/// that reading the file gives the same graph. Outputs that ONNX requires have names even if nobody
/// wants them. If the tensors have more than `most_inline_bytes` together, the large ones go to a
/// second file, "<file name>.data"; text holds all of them. The files appear whole or not at all.
/// Throws Error when they cannot be written, when no opset allows the types, and when text cannot
/// hold a name or number.
void write_model(const Model& model, const std::filesystem::path& path,
                 std::size_t most_inline_bytes = kMostInlineBytes);

/// Writes the model of the file `source` as it is, with other numbers in the tensors that `weights`
/// names and `places` locates, as protobuf or as text like write_model. Entries of `metadata` are
/// added or take the place of those with their keys. Tensors outside the file move into it. The
/// file appears whole or not at all. Throws Error for a tensor that the source lacks or that has
/// another type there, and when the file cannot be written.
void write_model_with_weights(const std::filesystem::path& source, const TensorPlaces& places,
                              const std::map<std::string, Tensor>& weights,
                              const std::filesystem::path& path,
                              const std::map<std::string, std::string>& metadata = {});

/// Does the same with the bytes of a protobuf model.
void write_model_bytes_with_weights(std::string_view source, const TensorPlaces& places,
                                    const std::map<std::string, Tensor>& weights,
                                    const std::filesystem::path& path,
                                    const std::map<std::string, std::string>& metadata = {});

/// Checks that the model of the file `source` can be written to `path`. Throws Error when that file
/// would be text, and text cannot hold the model.
void check_text_holds(const std::filesystem::path& source, const std::filesystem::path& path);

/// Writes a tensor as a TensorProto file. Throws Error when it cannot be written.
void write_tensor_file(const Tensor& tensor, std::string_view name,
                       const std::filesystem::path& path);

}  // namespace gatefold
