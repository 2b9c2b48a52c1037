#include "tools/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "frontend/onnx_reader.h"
#include "ir/dispatch.h"
#include "ir/error.h"
#include "ir/number_text.h"

namespace gatefold::tools {
namespace {

/// A random number that depends on the seed and the counter only (the finalizer of SplitMix64).
std::uint64_t mix(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// Numbers of a kind that models accept: indices stay below 4.
template <typename T>
T draw(std::uint64_t bits) {
  if constexpr (std::is_same_v<T, bool>) {
    return (bits & 1U) != 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(bits % 4);
  } else {
    return static_cast<T>(static_cast<float>(std::ldexp(static_cast<double>(bits >> 40), -23) - 1));
  }
}

/// The extents of an input. Throws Error naming the first one without a size.
Dims dims_of(const Value& input, const DimSizes& sizes) {
  const Type& type = input.type();
  if (!type.is_tensor()) {
    fail("input '{}' is {}; only tensors can be made up, give a file", input.name(),
         to_string(type));
  }
  if (!type.has_rank()) {
    fail("input '{}' is {} of unknown rank; give a file for it", input.name(), to_string(type));
  }
  Dims dims;
  for (const Dim& dim : *type.shape) {
    const auto found = sizes.find(dim.symbol());
    if (dim.is_known()) {
      dims.push_back(dim.size());
    } else if (found != sizes.end()) {
      dims.push_back(found->second);
    } else if (dim.is_symbol()) {
      fail("input '{}' is {}: '{}' has no size; give one with --dim {}=SIZE", input.name(),
           to_string(type), dim.symbol(), dim.symbol());
    } else {
      fail("input '{}' is {}, which leaves a size open; give a file for it", input.name(),
           to_string(type));
    }
  }
  return dims;
}

/// A graph input or output, as its tensor file must be.
struct Slot {
  std::string name;
  Type type;
};

/// Reads the file of a slot. ONNX 1.12 writes the bits of bfloat16 test data as uint16.
Datum read_file(const std::filesystem::path& file, const Slot& slot, std::string* name = nullptr) {
  Datum datum = read_tensor_file(file, slot.type, name);
  const auto* tensor = std::get_if<Tensor>(&datum);
  if (tensor == nullptr || slot.type.dtype != DataType::kBfloat16 ||
      tensor->dtype() != DataType::kUint16) {
    return datum;
  }
  Tensor numbers(DataType::kBfloat16, tensor->dims());
  std::memcpy(numbers.raw(), tensor->raw(), tensor->bytes());
  return numbers;
}

/// One datum per slot; nothing for a slot without a file. `files` are by the slots' numbers.
std::vector<std::optional<Datum>> read_files(
    const std::vector<Slot>& slots, const std::map<std::size_t, std::filesystem::path>& files) {
  std::vector<std::optional<Datum>> data(slots.size());
  std::map<std::string, std::size_t> file_of;
  for (const auto& [i, path] : files) {
    std::string name;
    data[i] = read_file(path, slots[i], &name);
    file_of[name] = i;
  }
  const auto named = std::count_if(slots.begin(), slots.end(),
                                   [&](const Slot& slot) { return file_of.contains(slot.name); });
  if (static_cast<std::size_t>(named) != files.size()) return data;
  std::vector<std::optional<Datum>> by_name(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto found = file_of.find(slots[i].name);
    if (found == file_of.end()) continue;
    by_name[i] =
        found->second == i ? std::move(data[i]) : read_file(files.at(found->second), slots[i]);
  }
  return by_name;
}

}  // namespace

DimSizes parse_dim_sizes(const std::vector<std::string>& options) {
  DimSizes sizes;
  for (const std::string& option : options) {
    const std::size_t equals = option.rfind('=');
    const bool has_name = equals != std::string::npos && equals > 0;
    const auto size =
        has_name ? number_from_text<std::int64_t>(option.substr(equals + 1)) : std::nullopt;
    if (!size || *size < 0) fail("--dim {}: should be NAME=SIZE, such as --dim batch=8", option);
    sizes[option.substr(0, equals)] = *size;
  }
  return sizes;
}

Datum random_input(const Value& input, std::size_t position, std::uint64_t seed,
                   const DimSizes& sizes) {
  const std::uint64_t stream = mix(seed, position);
  Tensor tensor(input.type().dtype, dims_of(input, sizes));
  dispatch<float, double, Float16, BFloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
           std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t, bool>(
      tensor.dtype(), [&]<typename T>() {
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
          tensor.data<T>()[i] = draw<T>(mix(stream, static_cast<std::uint64_t>(i)));
        }
      });
  return tensor;
}

std::vector<Datum> random_inputs(const Graph& graph, std::uint64_t seed) {
  std::vector<Datum> inputs;
  for (const Value* input : graph.inputs()) {
    inputs.push_back(random_input(*input, inputs.size(), seed));
  }
  return inputs;
}

std::vector<Datum> random_inputs(const Graph& graph, std::uint64_t seed, std::int64_t any_extent) {
  DimSizes sizes;
  for (const Value* input : graph.inputs()) {
    for (const Dim& dim : input->type().shape.value_or(Shape{})) {
      if (dim.is_symbol()) sizes.try_emplace(dim.symbol(), any_extent);
    }
  }
  std::vector<Datum> inputs;
  for (const Value* input : graph.inputs()) {
    inputs.push_back(random_input(*input, inputs.size(), seed, sizes));
  }
  return inputs;
}

std::vector<Datum> read_inputs(const Graph& graph, std::span<const std::filesystem::path> files) {
  std::vector<Slot> slots;
  for (const Value* input : graph.inputs()) slots.push_back({input->name(), input->type()});
  if (files.size() != slots.size()) {
    fail("the model has {} inputs but there are {} files for them", slots.size(), files.size());
  }
  std::map<std::size_t, std::filesystem::path> by_number;
  for (std::size_t i = 0; i < files.size(); ++i) by_number[i] = files[i];
  std::vector<Datum> data;
  for (std::optional<Datum>& datum : read_files(slots, by_number))
    data.push_back(std::move(*datum));
  return data;
}

std::vector<std::optional<Datum>> read_outputs(
    const Graph& graph, const std::map<std::size_t, std::filesystem::path>& files) {
  std::vector<Slot> slots;
  for (const Graph::Output& output : graph.outputs()) {
    slots.push_back({output.name, output.value->type()});
  }
  if (!files.empty() && files.rbegin()->first >= slots.size()) {
    fail("the model has {} outputs but there is a file for output number {}", slots.size(),
         files.rbegin()->first);
  }
  return read_files(slots, files);
}

}  // namespace gatefold::tools
