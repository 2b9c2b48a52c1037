#pragma once

#include <cstdint>
#include <string>

#include "ir/tensor.h"

namespace gatefold {

/// What the numbers of a tensor are like.
struct NumberRange {
  double lowest = 0, highest = 0, mean = 0;  ///< Of those that are finite; NaN where none is.
  std::int64_t nans = 0;
  std::int64_t infinities = 0;

  bool is_finite() const { return nans == 0 && infinities == 0; }
};

NumberRange range_of(const Tensor& tensor);

/// A number with six digits; NaN has no sign.
std::string number_text(double number);

/// "2 nan, 1 infinite"; empty when all numbers are finite.
std::string non_finite_text(const NumberRange& range);

/// "0 to 1", "0 to 1, 2 nan, 1 infinite".
std::string range_text(const NumberRange& range);

}  // namespace gatefold
