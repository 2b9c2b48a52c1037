#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "ir/tensor.h"
#include "ir/type.h"

namespace gatefold {

/// The DataType of a TensorProto.DataType number. Errors (with `what` in front): a type that
/// Gatefold does not hold, by name: string, float8e4m3fn, int4, complex64, ...
DataType import_data_type(std::int32_t number, std::string_view what);

/// A TypeProto; a missing one gives a tensor of unknown element type and rank, and a missing
/// element type one of unknown element type. Errors (with `what` in front): maps, sparse tensors,
/// unsupported element types.
Type import_type(const onnx::TypeProto& proto, std::string_view what);

/// A TensorProto in any of its encodings: raw bytes, typed fields, or external data in a file of
/// `folder`. Errors (with `what` in front): see import_data_type; negative dims, a count of
/// elements that does not match the dims, external data outside `folder`, missing or too short.
Tensor import_tensor(const onnx::TensorProto& proto, const std::filesystem::path& folder,
                     std::string_view what);

void export_type(const Type& type, onnx::TypeProto& proto);
/// Writes the elements as raw bytes.
void export_tensor(const Tensor& tensor, onnx::TensorProto& proto);

}  // namespace gatefold
