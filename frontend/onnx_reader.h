#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// Reads an ONNX model: protobuf, or ONNX text when the file's name ends in .onnxtxt. The graph is
/// raised to kInternalOpset, functions are inlined, types are inferred. Floating-point initializers
/// become parameters, all others and Constant nodes become constants.
/// Functions are unfolded, up to 1,048,576 nodes and calls. Shapes that the file states of results
/// are not relied upon.
/// Errors: a file that cannot be read or is damaged; an operator, attribute, opset or element type
/// that is not known; an operator that is newer than the stated opset; a stated element type that
/// the nodes contradict; external data that is missing or outside the model's folder.
Model read_model(const std::filesystem::path& path);

/// The same for the bytes of a protobuf model. External data are looked for in the current folder.
Model read_model_bytes(std::string_view bytes, std::string_view name = "model");

/// A shape that a file states of a value although its nodes give it another.
struct ShapeContradiction {
  std::string value;  ///< Its name in the file.
  Type stated;
  Type derived;  ///< What the nodes give, and what counts.
};

/// The same; says which of the shapes that the file states its nodes contradict.
Model read_model(const std::filesystem::path& path,
                 std::vector<ShapeContradiction>& contradictions);

/// The same for ONNX text in memory: a model, or a graph alone (then of kInternalOpset). "_" is an
/// output of a node that nobody wants or an input that is not given. `name` stands for the file in
/// messages. Stages of training follow the model as print(Model) writes them.
Model parse_model(std::string_view text, std::string_view name = "text");

/// Reads a tensor file (a serialized TensorProto, as in ONNX test folders). A sequence or optional
/// is read as such when `type` says so. `name` receives the name in the file.
Datum read_tensor_file(const std::filesystem::path& path, const Type& type,
                       std::string* name = nullptr);

}  // namespace gatefold
