#include "ir/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace gatefold {
namespace {

struct DataTypeInfo {
  DataType dtype;
  std::size_t size;
  std::string_view name;
};

constexpr std::array<DataTypeInfo, 13> kDataTypes{{
    {DataType::kFloat32, 4, "float"},
    {DataType::kUint8, 1, "uint8"},
    {DataType::kInt8, 1, "int8"},
    {DataType::kUint16, 2, "uint16"},
    {DataType::kInt16, 2, "int16"},
    {DataType::kInt32, 4, "int32"},
    {DataType::kInt64, 8, "int64"},
    {DataType::kBool, 1, "bool"},
    {DataType::kFloat16, 2, "float16"},
    {DataType::kFloat64, 8, "double"},
    {DataType::kUint32, 4, "uint32"},
    {DataType::kUint64, 8, "uint64"},
    {DataType::kBfloat16, 2, "bfloat16"},
}};

const DataTypeInfo* find(DataType dtype) {
  const auto* found = std::find_if(kDataTypes.begin(), kDataTypes.end(),
                                   [&](const DataTypeInfo& info) { return info.dtype == dtype; });
  return found == kDataTypes.end() ? nullptr : found;
}

}  // namespace

std::size_t size_of(DataType dtype) {
  const DataTypeInfo* info = find(dtype);
  return info == nullptr ? 0 : info->size;
}

std::string_view name_of(DataType dtype) {
  const DataTypeInfo* info = find(dtype);
  return info == nullptr ? "undefined" : info->name;
}

DataType data_type_from_name(std::string_view name) {
  for (const DataTypeInfo& info : kDataTypes) {
    if (info.name == name) return info.dtype;
  }
  return DataType::kUndefined;
}

DataType data_type_from_number(std::int64_t number) {
  for (const DataTypeInfo& info : kDataTypes) {
    if (static_cast<std::int64_t>(info.dtype) == number) return info.dtype;
  }
  return DataType::kUndefined;
}

std::int64_t Dim::size() const {
  assert(is_known() && "the extent is not known");
  return size_;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const Dim& dim : shape) {
    if (text.size() > 1) text += ',';
    if (dim.is_known()) {
      text += fmt::format("{}", dim.size());
    } else {
      text += dim.is_symbol() ? dim.symbol() : "?";
    }
  }
  return text + "]";
}

std::string to_string(const Dims& dims) { return to_string(Shape(dims.begin(), dims.end())); }

Type Type::sequence_of(Type element) {
  Type type;
  type.kind = Kind::kSequence;
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type Type::optional_of(Type element) {
  Type type = sequence_of(std::move(element));
  type.kind = Kind::kOptional;
  return type;
}

bool Type::is_static() const {
  return is_tensor() && shape &&
         std::all_of(shape->begin(), shape->end(), [](const Dim& dim) { return dim.is_known(); });
}

Dims Type::dims() const {
  Dims dims;
  for (const Dim& dim : *shape) dims.push_back(dim.size());
  return dims;
}

bool Type::operator==(const Type& other) const {
  if (kind != other.kind) return false;
  if (is_tensor()) return dtype == other.dtype && shape == other.shape;
  return *element == *other.element;
}

std::string to_string(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kSequence:
      return "seq(" + to_string(*type.element) + ")";
    case Type::Kind::kOptional:
      return "optional(" + to_string(*type.element) + ")";
    case Type::Kind::kTensor:
      break;
  }
  std::string text(name_of(type.dtype));
  if (type.shape) text += to_string(*type.shape);
  return text;
}

}  // namespace gatefold
