#include "frontend/proto_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "frontend/external_data.h"
#include "ir/error.h"
#include "ir/number_text.h"

namespace gatefold {
namespace {

// Element types of ONNX that Gatefold does not hold, by number.
constexpr std::pair<std::int32_t, std::string_view> kUnsupportedTypes[] = {
    {0, "undefined"},     {8, "string"},          {14, "complex64"},  {15, "complex128"},
    {17, "float8e4m3fn"}, {18, "float8e4m3fnuz"}, {19, "float8e5m2"}, {20, "float8e5m2fnuz"},
    {21, "uint4"},        {22, "int4"},           {23, "float4e2m1"}, {24, "float8e8m0"},
    {25, "uint2"},        {26, "int2"},
};

Dims import_dims(const onnx::TensorProto& proto, DataType dtype, std::string_view what) {
  Dims dims(proto.dims().begin(), proto.dims().end());
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  auto room = kMost / static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t dim : dims) {
    if (dim < 0) fail("{}: extent {} must not be negative", what, dim);
    if (dim > 0 && (room /= dim) == 0) fail("{}: dims {} are too large", what, to_string(dims));
  }
  return dims;
}

std::int64_t parse_number(const std::string& text, std::string_view key, std::string_view what) {
  const auto number = number_from_text<std::int64_t>(text);
  if (!number || *number < 0) {
    fail("{}: external data has {} '{}', which must be a whole number", what, key, text);
  }
  return *number;
}

ExternalData import_external_data(const onnx::TensorProto& proto, std::string_view what) {
  ExternalData data;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") data.location = entry.value();
    if (entry.key() == "offset") data.offset = parse_number(entry.value(), "offset", what);
    if (entry.key() == "length") data.length = parse_number(entry.value(), "length", what);
  }
  return data;
}

// Copies a typed field; int32_data carries the narrow types, halves as their bits.
template <typename T, typename Field>
void fill(Tensor& tensor, const Field& field) {
  auto* target = reinterpret_cast<T*>(tensor.raw());
  for (int i = 0; i < field.size(); ++i) target[i] = static_cast<T>(field[i]);
}

struct TypedField {
  std::int64_t size;
  void (*fill)(Tensor& tensor, const onnx::TensorProto& proto);
};

template <typename T>
TypedField int32_field(const onnx::TensorProto& proto) {
  return {proto.int32_data_size(),
          [](Tensor& t, const onnx::TensorProto& p) { fill<T>(t, p.int32_data()); }};
}

template <typename T>
TypedField uint64_field(const onnx::TensorProto& proto) {
  return {proto.uint64_data_size(),
          [](Tensor& t, const onnx::TensorProto& p) { fill<T>(t, p.uint64_data()); }};
}

TypedField typed_field(DataType dtype, const onnx::TensorProto& proto) {
  switch (dtype) {
    case DataType::kFloat32:
      return {proto.float_data_size(),
              [](Tensor& t, const onnx::TensorProto& p) { fill<float>(t, p.float_data()); }};
    case DataType::kFloat64:
      return {proto.double_data_size(),
              [](Tensor& t, const onnx::TensorProto& p) { fill<double>(t, p.double_data()); }};
    case DataType::kInt64:
      return {proto.int64_data_size(),
              [](Tensor& t, const onnx::TensorProto& p) { fill<std::int64_t>(t, p.int64_data()); }};
    case DataType::kUint64:
      return uint64_field<std::uint64_t>(proto);
    case DataType::kUint32:
      return uint64_field<std::uint32_t>(proto);
    case DataType::kInt32:
      return int32_field<std::int32_t>(proto);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kUint16:
      return int32_field<std::uint16_t>(proto);
    case DataType::kInt16:
      return int32_field<std::int16_t>(proto);
    case DataType::kInt8:
      return int32_field<std::int8_t>(proto);
    case DataType::kUint8:
      return int32_field<std::uint8_t>(proto);
    case DataType::kBool:
      return int32_field<bool>(proto);
    case DataType::kUndefined:
      break;
  }
  return {0, nullptr};
}

void check_size(std::size_t size, std::size_t needed, std::string_view unit, const Type& type,
                std::string_view what) {
  if (size == needed) return;
  fail("{}: the data has {} {} but {} needs {}", what, size, unit, to_string(type), needed);
}

Tensor raw_tensor(const onnx::TensorProto& proto, DataType dtype, const Dims& dims,
                  std::string_view what) {
  const auto bytes = static_cast<std::size_t>(element_count(dims)) * size_of(dtype);
  check_size(proto.raw_data().size(), bytes, "bytes", Type(dtype, dims), what);
  Tensor tensor(dtype, dims);
  if (bytes > 0) std::memcpy(tensor.raw(), proto.raw_data().data(), bytes);
  return tensor;
}

Tensor typed_tensor(const onnx::TensorProto& proto, const TypedField& field, DataType dtype,
                    const Dims& dims, std::string_view what) {
  check_size(static_cast<std::size_t>(field.size), static_cast<std::size_t>(element_count(dims)),
             "elements", Type(dtype, dims), what);
  Tensor tensor(dtype, dims);
  field.fill(tensor, proto);
  return tensor;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return std::equal(a.raw(), a.raw() + a.bytes(), b.raw(), b.raw() + b.bytes());
}

// Booleans are read as C++ bools, which no other byte than 0 and 1 may represent.
void normalise_bools(Tensor& tensor) {
  if (tensor.dtype() != DataType::kBool) return;
  auto* bytes = reinterpret_cast<std::uint8_t*>(tensor.raw());
  for (std::int64_t i = 0; i < tensor.size(); ++i) bytes[i] = bytes[i] != 0;
}

Dim import_dim(const onnx::TensorShapeProto::Dimension& dim, std::string_view what) {
  if (dim.has_dim_param() && !dim.dim_param().empty()) return Dim(dim.dim_param());
  if (!dim.has_dim_value()) return {};
  // Some exporters write -1 for an extent that they do not know.
  if (dim.dim_value() < -1) fail("{}: dimension {} must not be negative", what, dim.dim_value());
  return {dim.dim_value()};
}

std::string name_of_unsupported(std::int32_t number) {
  for (const auto& [known, name] : kUnsupportedTypes) {
    if (known == number) return std::string(name);
  }
  return fmt::format("number {}", number);
}

}  // namespace

DataType import_data_type(std::int32_t number, std::string_view what) {
  const DataType dtype = data_type_from_number(number);
  if (dtype != DataType::kUndefined) return dtype;
  fail(
      "{}: element type {} is not supported; convert the model to a number type that is (float, "
      "double, float16, bfloat16, integers from 8 to 64 bits, bool)",
      what, name_of_unsupported(number));
}

Type import_type(const onnx::TypeProto& proto, std::string_view what) {
  switch (proto.value_case()) {
    case onnx::TypeProto::kTensorType: {
      const auto& tensor = proto.tensor_type();
      const DataType dtype = tensor.elem_type() == onnx::TensorProto::UNDEFINED
                                 ? DataType::kUndefined
                                 : import_data_type(tensor.elem_type(), what);
      if (!tensor.has_shape()) return {dtype, std::nullopt};
      Shape shape;
      for (const auto& dim : tensor.shape().dim()) shape.push_back(import_dim(dim, what));
      return {dtype, std::move(shape)};
    }
    case onnx::TypeProto::kSequenceType:
      return Type::sequence_of(import_type(proto.sequence_type().elem_type(), what));
    case onnx::TypeProto::kOptionalType:
      return Type::optional_of(import_type(proto.optional_type().elem_type(), what));
    case onnx::TypeProto::VALUE_NOT_SET:
      return {};
    default:
      fail("{}: only tensors, sequences and optionals are supported, not maps or sparse tensors",
           what);
  }
}

Tensor import_tensor(const onnx::TensorProto& proto, const std::filesystem::path& folder,
                     std::string_view what) {
  const DataType dtype = import_data_type(proto.data_type(), what);
  if (proto.segment().begin() != 0 || proto.segment().end() != 0) {
    fail("{}: tensors in segments are not supported", what);
  }
  const Dims dims = import_dims(proto, dtype, what);
  const TypedField field = typed_field(dtype, proto);
  // Writers that leave no field out give an empty one beside the other.
  const bool has_raw = proto.has_raw_data() && (field.size == 0 || !proto.raw_data().empty());
  Tensor tensor;
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    const ExternalData data = import_external_data(proto, what);
    tensor = read_external_data(data, folder, dtype, dims, what);
  } else if (has_raw) {
    tensor = raw_tensor(proto, dtype, dims, what);
    if (field.size > 0 && !same_bytes(tensor, typed_tensor(proto, field, dtype, dims, what))) {
      fail("{}: its raw data differ from the {} elements beside them", what, field.size);
    }
  } else {
    tensor = typed_tensor(proto, field, dtype, dims, what);
  }
  normalise_bools(tensor);
  return tensor;
}

void export_type(const Type& type, onnx::TypeProto& proto) {
  if (type.kind == Type::Kind::kSequence) {
    return export_type(*type.element, *proto.mutable_sequence_type()->mutable_elem_type());
  }
  if (type.kind == Type::Kind::kOptional) {
    return export_type(*type.element, *proto.mutable_optional_type()->mutable_elem_type());
  }
  auto& tensor = *proto.mutable_tensor_type();
  tensor.set_elem_type(static_cast<std::int32_t>(type.dtype));
  if (!type.has_rank()) return;
  auto& shape = *tensor.mutable_shape();
  for (const Dim& dim : *type.shape) {
    auto& target = *shape.add_dim();
    if (dim.is_known()) target.set_dim_value(dim.size());
    if (dim.is_symbol()) target.set_dim_param(dim.symbol());
  }
}

void export_tensor(const Tensor& tensor, onnx::TensorProto& proto) {
  proto.set_data_type(static_cast<std::int32_t>(tensor.dtype()));
  for (const std::int64_t dim : tensor.dims()) proto.add_dims(dim);
  proto.set_raw_data(tensor.raw(), tensor.bytes());
}

}  // namespace gatefold
