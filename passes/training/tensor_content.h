#pragma once

#include <string>

#include "ir/tensor.h"

/// What the numbers of a tensor say about it.
namespace gatefold {

bool is_all(const Tensor& tensor, double number);
/// Whether all elements are the same number.
bool is_uniform(const Tensor& tensor);

/// Why the numbers can be no weights: "constant with -inf", or "mask of 0 and -10000" for those
/// that hold just 0 and one number of at most -1000. Empty when nothing is against it.
std::string why_data(const Tensor& tensor);

/// Why the numbers are unlikely to be weights, which start at random or all the same: two different
/// ones in a matrix, equal rows, equal steps, pairs of a sine and its cosine. Empty when nothing
/// is.
std::string why_doubtful(const Tensor& tensor);

}  // namespace gatefold
