#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace gatefold {

/// Parses the bytes of a .npy file, format versions 1 to 3, in C or Fortran order. Messages call
/// the file `name`. Throws Error for damaged bytes and for element types that tensors do not have:
/// strings, complex numbers, big-endian numbers, structures.
Tensor parse_npy(std::string_view bytes, std::string_view name);

/// Formats a tensor as the bytes of a .npy file. bfloat16, which numpy lacks, becomes float32.
std::string format_npy(const Tensor& tensor);

}  // namespace gatefold
