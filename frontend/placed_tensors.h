#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <map>
#include <unordered_map>
#include <utility>

#include "frontend/import_scope.h"
#include "frontend/tensor_places.h"
#include "ir/graph.h"

namespace gatefold {

/// Relates the tensors of a file to the values that are made of them.
class PlacedTensors {
 public:
  /// `places`, where given, receives what the tensors are in the file.
  PlacedTensors(onnx::ModelProto& model, TensorPlaces* places);

  /// Notes where the tensor of a value stands in the file: in an initializer, or in an attribute
  /// that a function may have been given by its call. Returns the value to use: a floating-point
  /// tensor of a function is one value of the outermost graph in all calls, as it is one in the
  /// file.
  Value* place(Value* value, const onnx::TensorProto& initializer, const Scope& scope,
               NameSource& names);
  Value* place(Value* value, const onnx::AttributeProto& attribute, const Scope& scope,
               NameSource& names);

 private:
  Value* place(Value* value, const void* holder, const Scope& scope, NameSource& names);

  TensorPlaces* places_;
  std::unordered_map<const void*, std::size_t> numbers_;  // Of the file's tensors, with places_.
  std::map<std::pair<const void*, const Graph*>, Value*> function_tensors_;
};

}  // namespace gatefold
