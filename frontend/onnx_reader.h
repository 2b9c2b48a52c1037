#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// Reads an ONNX model: protobuf, or ONNX text when the file's name ends in .onnxtxt. Raises the
/// graph to kInternalOpset, inlines functions (up to 1,048,576 nodes and calls) and infers types.
/// Floating-point initializers become parameters; other initializers and Constant nodes become
/// constants. Shapes that the file states for results are not relied upon.
/// Throws Error for a file that cannot be read or is damaged; an operator, attribute, opset or
/// element type that is not known; an operator that is newer than the stated opset; a stated
/// element type that the nodes contradict; external data that is missing or outside the model's
/// folder.
Model read_model(const std::filesystem::path& path);

/// Reads the bytes of a protobuf model. External data are read from the current folder. Messages
/// call the model `name`.
Model read_model_bytes(std::string_view bytes, std::string_view name = "model");

/// A shape that a file states for a value although its nodes give the value another.
struct ShapeContradiction {
  std::string value;  ///< Its name in the file.
  Type stated;
  Type derived;  ///< What the nodes give; this type counts.
};

/// Reads an ONNX model and sets `contradictions` to the stated shapes that its nodes contradict.
Model read_model(const std::filesystem::path& path,
                 std::vector<ShapeContradiction>& contradictions);

/// Parses ONNX text in memory: a model, or only a graph, which then has kInternalOpset. "_" stands
/// for an output of a node that nobody wants and for an input that is not given. Stages of training
/// follow the model as print(Model) writes them. Messages call the text `name`.
Model parse_model(std::string_view text, std::string_view name = "text");

/// Reads a tensor file (a serialized TensorProto, as in ONNX test folders), or a sequence or
/// optional if `type` is one. Stores the name in the file in `name`. Throws Error for a file that
/// cannot be read or is damaged.
Datum read_tensor_file(const std::filesystem::path& path, const Type& type,
                       std::string* name = nullptr);

}  // namespace gatefold
