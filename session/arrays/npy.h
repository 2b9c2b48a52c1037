#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace gatefold {

/// The array in the bytes of a .npy file, format versions 1 to 3, in C or Fortran order. `name`
/// stands for the file in messages. Throws Error for damaged bytes and for element types that
/// tensors do not have: strings, complex numbers, big-endian numbers, structures.
Tensor parse_npy(std::string_view bytes, std::string_view name);

/// The bytes of a .npy file. bfloat16, which numpy lacks, is written as float32.
std::string format_npy(const Tensor& tensor);

}  // namespace gatefold
