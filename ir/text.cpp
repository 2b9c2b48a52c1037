#include "ir/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "ir/dispatch.h"

namespace gatefold {
namespace {

// Words that the parser does not take for names where a type may stand.
constexpr std::array<std::string_view, 4> kTypeWords{"seq", "map", "optional", "sparse_tensor"};

}  // namespace

std::string identifier(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result[0])) != 0) {
    result.insert(result.begin(), 'v');
  }
  const bool is_type = data_type_from_name(result) != DataType::kUndefined || result == "string" ||
                       std::find(kTypeWords.begin(), kTypeWords.end(), result) != kTypeWords.end();
  return is_type ? result + "_" : result;
}

bool is_expressible(const Tensor& tensor) {
  if (is_half(tensor.dtype())) return false;
  if (!is_float(tensor.dtype())) return true;
  const bool is_double = tensor.dtype() == DataType::kFloat64;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const double value = tensor.number_at(i);
    const bool is_normal =
        is_double ? std::isnormal(value) : std::isnormal(static_cast<float>(value));
    if (value != 0 && !is_normal) return false;
  }
  return true;
}

std::string elements_text(const Tensor& tensor) {
  if (is_half(tensor.dtype())) return elements_text(tensor.converted(DataType::kFloat32));
  std::string text;
  dispatch_numeric_or_bool(tensor.dtype(), [&]<typename T>() {
    for (const T value : tensor.values<T>()) {
      if (!text.empty()) text += ", ";
      if constexpr (std::is_floating_point_v<T>) {
        text += std::isnan(value) ? "nan" : fmt::format("{}", value);
      } else {
        // The unary plus keeps fmt from writing booleans as words and bytes as characters.
        text += fmt::format("{}", +value);
      }
    }
  });
  return text;
}

std::string float_text(float value) {
  std::string text = std::isnan(value) ? "nan" : fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

}  // namespace gatefold
