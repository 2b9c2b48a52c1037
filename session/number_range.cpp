#include "session/number_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gatefold {

NumberRange range_of(const Tensor& tensor) {
  NumberRange range;
  range.lowest = std::numeric_limits<double>::infinity();
  range.highest = -range.lowest;
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const double number = tensor.number_at(i);
    range.nans += std::isnan(number) ? 1 : 0;
    range.infinities += std::isinf(number) ? 1 : 0;
    if (!std::isfinite(number)) continue;
    range.lowest = std::min(range.lowest, number);
    range.highest = std::max(range.highest, number);
    sum += number;
  }
  const std::int64_t count = tensor.size() - range.nans - range.infinities;
  range.mean = sum / static_cast<double>(count);
  if (count == 0) range.lowest = range.highest = range.mean;
  return range;
}

std::string number_text(double number) {
  return std::isnan(number) ? "nan" : fmt::format("{:.6g}", number);
}

std::string non_finite_text(const NumberRange& range) {
  std::string text;
  if (range.nans > 0) text = fmt::format("{} nan", range.nans);
  if (range.infinities > 0) {
    text += fmt::format("{}{} infinite", text.empty() ? "" : ", ", range.infinities);
  }
  return text;
}

std::string range_text(const NumberRange& range) {
  std::string text;
  if (!std::isnan(range.lowest)) {
    text = fmt::format("{} to {}", number_text(range.lowest), number_text(range.highest));
  }
  const std::string others = non_finite_text(range);
  return text + (text.empty() || others.empty() ? "" : ", ") + others;
}

}  // namespace gatefold
