#include "session/arrays/safetensors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "session/arrays/files.h"

namespace gatefold {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

constexpr std::array<std::pair<DataType, std::string_view>, 13> kTypes{{
    {DataType::kFloat32, "F32"},
    {DataType::kFloat64, "F64"},
    {DataType::kFloat16, "F16"},
    {DataType::kBfloat16, "BF16"},
    {DataType::kInt8, "I8"},
    {DataType::kInt16, "I16"},
    {DataType::kInt32, "I32"},
    {DataType::kInt64, "I64"},
    {DataType::kUint8, "U8"},
    {DataType::kUint16, "U16"},
    {DataType::kUint32, "U32"},
    {DataType::kUint64, "U64"},
    {DataType::kBool, "BOOL"},
}};

DataType type_of(const std::string& code) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& type) { return type.second == code; });
  if (found == kTypes.end()) fail("has elements of type '{}', which is not supported", code);
  return found->first;
}

std::string_view code_of(DataType dtype) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& type) { return type.first == dtype; });
  return found->second;
}

/// What the header says of a tensor.
struct Entry {
  std::string name;
  DataType dtype = DataType::kUndefined;
  Dims dims = {};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Entry parse_entry(const std::string& name, const json& description) {
  Entry entry{.name = name};
  const auto is_list_of_counts = [](const json& list) {
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const json& number) {
             return number.is_number_integer() && number >= 0;
           });
  };
  const bool is_whole =
      description.is_object() && description.contains("dtype") &&
      description["dtype"].is_string() && description.contains("shape") &&
      is_list_of_counts(description["shape"]) && description.contains("data_offsets") &&
      is_list_of_counts(description["data_offsets"]) && description["data_offsets"].size() == 2;
  if (!is_whole) fail("is not described by dtype, shape and data_offsets");
  entry.dtype = type_of(description["dtype"]);
  for (const json& extent : description["shape"]) {
    entry.dims.push_back(extent.get<std::int64_t>());
  }
  entry.begin = description["data_offsets"][0];
  entry.end = description["data_offsets"][1];
  const auto elements = static_cast<std::uint64_t>(element_count(entry.dims));
  if (entry.end < entry.begin || entry.end - entry.begin != elements * size_of(entry.dtype)) {
    fail("is {}{}, but has the bytes from {} to {}", name_of(entry.dtype), to_string(entry.dims),
         entry.begin, entry.end);
  }
  return entry;
}

/// The tensors that the header describes, in the order of their bytes.
std::vector<Entry> parse_header(std::string_view text) {
  const json header = json::parse(text, nullptr, false);
  if (!header.is_object()) fail("its header is no object in JSON");
  std::vector<Entry> entries;
  for (const auto& [name, description] : header.items()) {
    if (name == kMetadata) continue;
    try {
      entries.push_back(parse_entry(name, description));
    } catch (const Error& error) {
      fail("tensor '{}' {}", name, error.what());
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  return entries;
}

Tensor read_numbers(const Entry& entry, std::string_view data) {
  Tensor tensor(entry.dtype, entry.dims);
  const std::string_view bytes = data.substr(entry.begin, entry.end - entry.begin);
  if (entry.dtype == DataType::kBool &&
      std::any_of(bytes.begin(), bytes.end(), [](char byte) { return byte != 0 && byte != 1; })) {
    fail("tensor '{}' is BOOL, but holds bytes other than 0 and 1", entry.name);
  }
  if (!bytes.empty()) std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  return tensor;
}

std::map<std::string, Tensor> parse(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) fail("it ends within the length of its header");
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  if (length > bytes.size()) {
    fail("its header should have {} bytes, but only {} follow", length, bytes.size());
  }
  const std::string_view data = bytes.substr(length);
  std::map<std::string, Tensor> tensors;
  std::uint64_t place = 0;
  for (const Entry& entry : parse_header(bytes.substr(0, length))) {
    if (entry.begin != place || entry.end > data.size()) {
      fail("tensor '{}' has the bytes from {} to {} of {}, but should begin at {}", entry.name,
           entry.begin, entry.end, data.size(), place);
    }
    place = entry.end;
    tensors.emplace(entry.name, read_numbers(entry, data));
  }
  if (place != data.size()) {
    fail("{} bytes follow its last tensor", data.size() - place);
  }
  return tensors;
}

}  // namespace

std::map<std::string, Tensor> parse_safetensors(std::string_view bytes, std::string_view name) {
  try {
    return parse(bytes);
  } catch (const Error& error) {
    fail("'{}' is not a whole .safetensors file: {}", name, error.what());
  }
}

std::string format_safetensors(const std::map<std::string, Tensor>& tensors) {
  std::vector<std::pair<std::string, Tensor>> order(tensors.begin(), tensors.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return size_of(a.second.dtype()) > size_of(b.second.dtype());
  });
  ordered_json header = ordered_json::object();
  std::size_t place = 0;
  for (const auto& [name, tensor] : order) {
    ordered_json& entry = header[name];
    entry["dtype"] = code_of(tensor.dtype());
    entry["shape"] = ordered_json::array();
    for (const std::int64_t extent : tensor.dims()) entry["shape"].push_back(extent);
    entry["data_offsets"] = {place, place + tensor.bytes()};
    place += tensor.bytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += text;
  bytes.reserve(bytes.size() + place);
  for (const auto& [name, tensor] : order) {
    bytes.append(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
  }
  return bytes;
}

std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path.string());
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, Tensor>& tensors) {
  write_file(path, format_safetensors(tensors));
}

}  // namespace gatefold
