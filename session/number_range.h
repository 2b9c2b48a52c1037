#pragma once

#include <cstdint>
#include <string>

#include "ir/tensor.h"

namespace gatefold {

/// The range of the numbers in a tensor, and how many are not finite.
struct NumberRange {
  double lowest = 0, highest = 0, mean = 0;  ///< Over the finite numbers; NaN if there are none.
  std::int64_t nans = 0;
  std::int64_t infinities = 0;

  bool is_finite() const { return nans == 0 && infinities == 0; }
};

/// Computes the range of all elements of a tensor.
NumberRange range_of(const Tensor& tensor);

/// Formats a number with six digits; NaN has no sign.
std::string number_text(double number);

/// Formats the counts of numbers that are not finite, "2 nan, 1 infinite"; empty if all are finite.
std::string non_finite_text(const NumberRange& range);

/// Formats a range: "0 to 1", "0 to 1, 2 nan, 1 infinite".
std::string range_text(const NumberRange& range);

}  // namespace gatefold
