#pragma once

#include "c/gatefold.h"
#include "ir/tensor.h"

namespace gatefold::c {

/// Returns the element type of a number of gatefold_type. Throws Misuse for others; messages call
/// what has the type `name`.
DataType to_data_type(int32_t type, const char* name);

/// Returns a tensor over the caller's memory, or a copy if that is not usable. Throws Misuse for a
/// description that is not whole.
Tensor to_tensor(const gatefold_tensor& given);

/// Returns whether kernels can use the memory as it is: the elements are aligned and lie one behind
/// the other, last axis innermost.
bool is_usable(const gatefold_tensor& given);

/// Copies a tensor into the caller's memory of the same type and shape.
void copy_out(const Tensor& from, const gatefold_tensor& to);

/// Describes a tensor, but for its name; the description is valid as long as the tensor.
void describe(const Tensor& tensor, gatefold_tensor& description);

}  // namespace gatefold::c
