#pragma once

#include <cstdint>
#include <string_view>

#include "ir/type.h"

namespace gatefold::native {

/// c[i] = f(a[i], b[i]) for n elements; c may be a or b.
using BinaryFunction = void (*)(const void* a, const void* b, void* c, std::int64_t n);

/// One function on pairs of elements, in the forms that broadcasting needs.
struct BinaryFunctions {
  BinaryFunction both = nullptr;    ///< a and b move.
  BinaryFunction first = nullptr;   ///< a moves, b is one element.
  BinaryFunction second = nullptr;  ///< b moves, a is one element.
};

/// The loops that compute ONNX operator `op` on inputs of type `dtype`, for the machine's vectors;
/// nothing where there are none. Integers must not be divided by zero.
BinaryFunctions find_binary_functions(std::string_view op, DataType dtype);

}  // namespace gatefold::native
