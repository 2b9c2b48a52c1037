#pragma once

#include <string_view>

#include "backend/simd/binary_functions.h"

namespace gatefold::native {

/// As find_binary_functions, for operators and element types that are rare: loops for the vectors
/// that every machine of the kind has. "FMod" is Mod with fmod = 1, "BitShiftLeft" and
/// "BitShiftRight" are BitShift with its directions. Integers must not be divided by zero.
BinaryFunctions find_plain_binary_functions(std::string_view op, DataType dtype);

}  // namespace gatefold::native
