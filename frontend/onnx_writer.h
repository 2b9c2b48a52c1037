#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "frontend/tensor_places.h"
#include "ir/graph.h"

namespace gatefold {

/// Protobuf messages end at 2 GiB; some room is left for everything that is not weights.
inline constexpr std::size_t kMostInlineBytes = (std::size_t{1} << 31) - (std::size_t{1} << 26);

/// Writes the model as ONNX protobuf, or as ONNX text when the file's name ends in .onnxtxt. It
/// states the lowest opset that holds every node's form and allows the types of its values.
/// Parameters and integer constants become initializers, other constants become Constant nodes, so
/// that reading the file gives the same graph; outputs that ONNX requires have names even if nobody
/// wants them. When the tensors have more than `most_inline_bytes` together, the large ones go to a
/// file beside it, "<file name>.data"; text holds all of them.
/// The files appear whole or not at all. Throws Error when they cannot be written, when no opset
/// allows the types, or when text cannot hold a name or number.
void write_model(const Model& model, const std::filesystem::path& path,
                 std::size_t most_inline_bytes = kMostInlineBytes);

/// Writes the model of the file `source` as it is, with other numbers in the tensors that `weights`
/// names; `places` says which these are. Protobuf, or text as write_model does. Tensors outside the
/// file move into it. The file appears whole or not at all. Throws Error: a tensor that the file
/// lacks or that has another type; writing fails.
void write_model_with_weights(const std::filesystem::path& source, const TensorPlaces& places,
                              const std::map<std::string, Tensor>& weights,
                              const std::filesystem::path& path);

/// Throws Error where the model of the file `source` could not be written to `path` because that
/// file would be text, which cannot hold it.
void check_text_holds(const std::filesystem::path& source, const std::filesystem::path& path);

/// Writes a TensorProto file.
void write_tensor_file(const Tensor& tensor, std::string_view name,
                       const std::filesystem::path& path);

}  // namespace gatefold
