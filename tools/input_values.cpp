#include "tools/input_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "ir/dispatch.h"
#include "ir/error.h"
#include "ir/number_text.h"
#include "ir/value_names.h"

namespace gatefold::tools {
namespace {

using Numbers = std::vector<std::string>;

Numbers split(const std::string& text) {
  Numbers numbers;
  std::istringstream stream(text);
  for (std::string number; std::getline(stream, number, ',');) numbers.push_back(number);
  return numbers;
}

template <typename T>
std::optional<T> parse(const std::string& text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
  } else {
    // Half-precision numbers are written as floats.
    using Written =
        std::conditional_t<std::is_integral_v<T> || std::is_same_v<T, double>, T, float>;
    const auto number = number_from_text<Written>(text);
    return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
  }
}

/// The extents of a type of which one is open, when there are `count` elements; nothing for other
/// types and counts.
std::optional<Dims> completed(const Type& type, std::int64_t count) {
  if (!type.has_rank()) return std::nullopt;
  Dims dims;
  std::int64_t known = 1;
  std::optional<std::size_t> open;
  for (const Dim& dim : *type.shape) {
    if (!dim.is_known() && open) return std::nullopt;
    if (!dim.is_known()) open = dims.size();
    dims.push_back(dim.is_known() ? dim.size() : 1);
    known *= dims.back();
  }
  if (!open || known == 0 || count % known != 0) return std::nullopt;
  dims[*open] = count / known;
  return dims;
}

/// The extents of the input where `count` numbers are given for it.
Dims dims_for(const Value& input, std::size_t count) {
  const Type& type = input.type();
  const auto given = static_cast<std::int64_t>(count);
  if (!type.is_tensor()) {
    fail("input '{}' is {}; only tensors can be given as numbers", input.name(), to_string(type));
  }
  if (const std::optional<Dims> dims = completed(type, given)) return *dims;
  if (!type.is_static()) {
    fail("input '{}' is {}; give its named extents a size with --dim first", input.name(),
         to_string(type));
  }
  const std::int64_t size = element_count(type.dims());
  if (given != 1 && given != size) {
    fail("input '{}': there are {} numbers, but {} has {} elements; give 1 or {}", input.name(),
         given, to_string(type), size, size);
  }
  return type.dims();
}

Value& input_of(const Graph& graph, const std::string& name) {
  if (Value* input = find_input(graph, name)) return *input;
  Numbers known;
  for (const Value* input : graph.inputs()) known.push_back(input->name());
  fail("--value {}: the model has no input of that name; there are: {}", name,
       known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

}  // namespace

bool is_list_of_numbers(const std::string& text) {
  const Numbers numbers = split(text);
  return !numbers.empty() && std::all_of(numbers.begin(), numbers.end(), [](const auto& number) {
    return parse<double>(number) || parse<bool>(number);
  });
}

Tensor read_numbers(const Value& input, const std::string& text) {
  const Numbers numbers = split(text);
  Tensor tensor(input.type().dtype, dims_for(input, numbers.size()));
  dispatch<float, double, Float16, BFloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
           std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t, bool>(
      tensor.dtype(), [&]<typename T>() {
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
          const std::string& number =
              numbers[numbers.size() == 1 ? 0 : static_cast<std::size_t>(i)];
          const auto parsed = parse<T>(number);
          if (!parsed) {
            fail("input '{}': '{}' is no {}", input.name(), number, name_of(tensor.dtype()));
          }
          tensor.data<T>()[i] = *parsed;
        }
      });
  return tensor;
}

InputValues parse_input_values(const std::vector<std::string>& options) {
  InputValues values;
  for (const std::string& option : options) {
    const std::size_t equals = option.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == option.size()) {
      fail("--value {}: should be NAME=NUMBER or NAME=NUMBER,NUMBER,..., such as --value sr=16000",
           option);
    }
    values[option.substr(0, equals)] = option.substr(equals + 1);
  }
  return values;
}

InputTensors read_input_values(const Graph& graph, const InputValues& values) {
  InputTensors tensors;
  for (const auto& [name, text] : values) tensors[name] = read_numbers(input_of(graph, name), text);
  return tensors;
}

void bind_inputs(Graph& graph, const DimSizes& dims, const InputValues& values) {
  bind_dims(graph, dims);
  bind_values(graph, read_input_values(graph, values));
}

}  // namespace gatefold::tools
