#pragma once

#include <string>

#include "ir/tensor.h"

/// What the numbers of a tensor say about it.
namespace gatefold {

/// Returns whether all elements are this number.
bool is_all(const Tensor& tensor, double number);
/// Returns whether all elements are the same number.
bool is_uniform(const Tensor& tensor);

/// Returns why the numbers cannot be weights: "constant with -inf", or "mask of 0 and -10000" for
/// tensors that hold only 0 and one number of at most -1000. Empty if they may be weights.
std::string why_data(const Tensor& tensor);

/// Returns why the numbers are unlikely to be weights, which start at random or all the same: two
/// different numbers in a matrix, equal matrix rows, equal steps, pairs of a sine and its cosine.
/// Empty if nothing speaks against weights.
std::string why_doubtful(const Tensor& tensor);

}  // namespace gatefold
