#include "ir/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <unordered_map>

#include "ir/number_text.h"

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

/// By the numbers of the element types.
constexpr auto kSizes = [] {
  std::array<std::size_t, 17> sizes{};
  for (const DataTypeInfo& info : kDataTypes)
    sizes[static_cast<std::size_t>(info.dtype)] = info.size;
  return sizes;
}();

const DataTypeInfo* find(DataType dtype) {
  const auto* found = std::find_if(kDataTypes.begin(), kDataTypes.end(),
                                   [&](const DataTypeInfo& info) { return info.dtype == dtype; });
  return found == kDataTypes.end() ? nullptr : found;
}

/// The names of extents that were met so far, by their numbers.
class Symbols {
 public:
  std::int64_t number_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    const auto next = static_cast<std::int64_t>(names_.size());
    const auto [entry, is_new] = numbers_.try_emplace(name, next);
    if (is_new) names_.push_back(&entry->first);
    return entry->second;
  }

  const std::string& name_of(std::int64_t number) {
    const std::scoped_lock lock(mutex_);
    return *names_[static_cast<std::size_t>(number)];
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::vector<const std::string*> names_;
};

// Never destroyed: static objects may hold extents.
Symbols& symbols() {
  static auto& table = *new Symbols;
  return table;
}

}  // namespace

std::size_t size_of(DataType dtype) { return kSizes[static_cast<std::size_t>(dtype)]; }

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

Dim::Dim(const std::string& symbol) {
  if (!symbol.empty()) code_ = kUnknown - 1 - symbols().number_of(symbol);
}

const std::string& Dim::symbol() const {
  static const std::string none;
  return is_symbol() ? symbols().name_of(kUnknown - 1 - code_) : none;
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
  Dims dims(shape->size());
  for (std::size_t i = 0; i < dims.size(); ++i) dims[i] = (*shape)[i].size();
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

namespace {

// What stands between `prefix` and a closing ')' at the end; nothing for another form.
std::optional<std::string_view> inside(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || !text.ends_with(')')) return std::nullopt;
  return text.substr(prefix.size(), text.size() - prefix.size() - 1);
}

Dim dim_from_text(std::string_view text) {
  if (const auto size = number_from_text<std::int64_t>(text)) return {*size};
  return text == "?" ? Dim() : Dim(std::string(text));
}

}  // namespace

std::optional<Type> type_from_text(std::string_view text) {
  if (const auto element = inside(text, "seq(")) {
    const auto type = type_from_text(*element);
    return type ? std::optional(Type::sequence_of(*type)) : std::nullopt;
  }
  if (const auto element = inside(text, "optional(")) {
    const auto type = type_from_text(*element);
    return type ? std::optional(Type::optional_of(*type)) : std::nullopt;
  }
  const std::size_t bracket = text.find('[');
  const DataType dtype = data_type_from_name(text.substr(0, bracket));
  if (dtype == DataType::kUndefined) return std::nullopt;
  if (bracket == std::string_view::npos) return Type(dtype, std::nullopt);
  if (!text.ends_with(']')) return std::nullopt;
  std::string_view list = text.substr(bracket + 1, text.size() - bracket - 2);
  Shape shape;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    shape.push_back(dim_from_text(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return Type(dtype, shape);
}

}  // namespace gatefold
