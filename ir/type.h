#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/half.h"
#include "ir/inline_vector.h"

namespace gatefold {

/// Element types of tensors. The numbers are those of ONNX's TensorProto.DataType.
enum class DataType : std::int8_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

/// Returns the bytes of one element.
std::size_t size_of(DataType dtype);
/// Returns the name in ONNX's text syntax: "float", "double", "int64", "bool", "bfloat16", ...
std::string_view name_of(DataType dtype);
/// Returns the type of a name, the inverse of name_of; kUndefined if there is none.
DataType data_type_from_name(std::string_view name);
/// Returns the type of a number of the enumeration; kUndefined if it is not supported.
DataType data_type_from_number(std::int64_t number);

constexpr bool is_float(DataType dtype) {
  return dtype == DataType::kFloat32 || dtype == DataType::kFloat64 ||
         dtype == DataType::kFloat16 || dtype == DataType::kBfloat16;
}
constexpr bool is_half(DataType dtype) {
  return dtype == DataType::kFloat16 || dtype == DataType::kBfloat16;
}

/// Returns the DataType that stores a C++ element type.
template <typename T>
constexpr DataType data_type_of() = delete;
template <>
constexpr DataType data_type_of<float>() {
  return DataType::kFloat32;
}
template <>
constexpr DataType data_type_of<double>() {
  return DataType::kFloat64;
}
template <>
constexpr DataType data_type_of<Float16>() {
  return DataType::kFloat16;
}
template <>
constexpr DataType data_type_of<BFloat16>() {
  return DataType::kBfloat16;
}
template <>
constexpr DataType data_type_of<std::int8_t>() {
  return DataType::kInt8;
}
template <>
constexpr DataType data_type_of<std::int16_t>() {
  return DataType::kInt16;
}
template <>
constexpr DataType data_type_of<std::int32_t>() {
  return DataType::kInt32;
}
template <>
constexpr DataType data_type_of<std::int64_t>() {
  return DataType::kInt64;
}
template <>
constexpr DataType data_type_of<std::uint8_t>() {
  return DataType::kUint8;
}
template <>
constexpr DataType data_type_of<std::uint16_t>() {
  return DataType::kUint16;
}
template <>
constexpr DataType data_type_of<std::uint32_t>() {
  return DataType::kUint32;
}
template <>
constexpr DataType data_type_of<std::uint64_t>() {
  return DataType::kUint64;
}
template <>
constexpr DataType data_type_of<bool>() {
  return DataType::kBool;
}

/// A set of element types, as an operator's port allows them.
class DataTypeSet {
 public:
  constexpr DataTypeSet() = default;
  template <typename... Types>
  constexpr explicit DataTypeSet(DataType first, Types... rest)
      : bits_((bit(first) | ... | bit(rest))) {}
  constexpr bool contains(DataType dtype) const { return (bits_ & bit(dtype)) != 0; }
  constexpr DataTypeSet operator|(DataTypeSet other) const {
    DataTypeSet both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }

 private:
  static constexpr std::uint32_t bit(DataType dtype) {
    return std::uint32_t{1} << static_cast<unsigned>(dtype);
  }
  std::uint32_t bits_ = 0;
};

inline constexpr DataTypeSet kFloatTypes{DataType::kFloat32, DataType::kFloat64, DataType::kFloat16,
                                         DataType::kBfloat16};
inline constexpr DataTypeSet kSignedIntegerTypes{DataType::kInt8, DataType::kInt16,
                                                 DataType::kInt32, DataType::kInt64};
inline constexpr DataTypeSet kUnsignedIntegerTypes{DataType::kUint8, DataType::kUint16,
                                                   DataType::kUint32, DataType::kUint64};
inline constexpr DataTypeSet kIntegerTypes = kSignedIntegerTypes | kUnsignedIntegerTypes;
inline constexpr DataTypeSet kNumericTypes = kFloatTypes | kIntegerTypes;
inline constexpr DataTypeSet kBoolType{DataType::kBool};
inline constexpr DataTypeSet kInt64Type{DataType::kInt64};
inline constexpr DataTypeSet kIndexTypes{DataType::kInt32, DataType::kInt64};
inline constexpr DataTypeSet kAllTypes = kNumericTypes | kBoolType;

/// One extent of a shape: a number, a name that stands for a number known at run time, or unknown.
class Dim {
 public:
  Dim() = default;
  Dim(std::int64_t size)  // NOLINT(google-explicit-constructor)
      : code_(std::max(size, kUnknown)) {}
  /// Makes a named extent, or an unknown one where the name is empty. The process remembers every
  /// name, so that extents are compared and copied as numbers.
  explicit Dim(const std::string& symbol);

  bool is_known() const { return code_ >= 0; }
  bool is_symbol() const { return code_ < kUnknown; }
  /// Returns the number; only for a known extent.
  std::int64_t size() const {
    assert(is_known() && "the extent is not known");
    return code_;
  }
  /// Returns the name; empty for an extent that has none.
  const std::string& symbol() const;
  /// Returns whether the extent is known and equal to `size`.
  bool is(std::int64_t size) const { return is_known() && code_ == size; }
  /// Returns whether both are surely the same extent: equal numbers or equal names. Two unknown
  /// extents are not.
  bool same_as(const Dim& other) const { return code_ == other.code_ && code_ != kUnknown; }
  bool operator==(const Dim&) const = default;

 private:
  static constexpr std::int64_t kUnknown = -1;

  std::int64_t code_ = kUnknown;  // The number; for names, from -2 downwards, which one it is.
};

/// One element of an integer tensor as far as it is known before running: a number, a named extent,
/// or nothing.
struct Element {
  std::optional<std::int64_t> number = {};
  std::string symbol = {};

  static Element of(const Dim& dim) {
    return dim.is_known() ? Element{dim.size(), {}} : Element{{}, dim.symbol()};
  }
  /// Converts the element to an extent; it must not be a negative number.
  Dim to_dim() const { return number ? Dim(*number) : Dim(symbol); }
  bool operator==(const Element&) const = default;
};

using Dims = InlineVector<std::int64_t>;
using Shape = InlineVector<Dim>;

/// Format extents: "[2,batch,?]".
std::string to_string(const Shape& shape);
std::string to_string(const Dims& dims);

/// What is known of a value before it exists: a tensor's element type and shape, a sequence's or an
/// optional's element.
struct Type {
  enum class Kind : std::int8_t { kTensor, kSequence, kOptional };

  Kind kind = Kind::kTensor;
  DataType dtype = DataType::kUndefined;  ///< For a tensor.
  std::optional<Shape> shape;             ///< For a tensor; nothing if not even the rank is known.
  std::shared_ptr<const Type> element;    ///< For a sequence or an optional.

  Type() = default;
  Type(DataType dtype, std::optional<Shape> shape) : dtype(dtype), shape(std::move(shape)) {}
  Type(DataType dtype, const Dims& dims) : dtype(dtype), shape(Shape(dims.begin(), dims.end())) {}
  static Type sequence_of(Type element);
  static Type optional_of(Type element);

  bool is_tensor() const { return kind == Kind::kTensor; }
  bool has_rank() const { return shape.has_value(); }
  std::int64_t rank() const { return static_cast<std::int64_t>(shape->size()); }
  /// Returns whether every extent is a number.
  bool is_static() const;
  /// Returns the extents of a static shape.
  Dims dims() const;
  bool operator==(const Type& other) const;
};

/// Formats a type in ONNX's text syntax: "float[2,batch]", "seq(float[2])", "float" if the rank is
/// unknown.
std::string to_string(const Type& type);
/// Parses a type, the inverse of to_string; nothing if the text is not a type.
std::optional<Type> type_from_text(std::string_view text);

}  // namespace gatefold
