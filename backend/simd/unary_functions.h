#pragma once

#include <cstddef>
#include <string_view>

namespace gatefold::native {

/// y[i] = f(x[i]) for n floats; y may be x. What alpha and beta are depends on the operator: the
/// first two of its float attributes, or the bounds of Clip.
using UnaryFunction = void (*)(const float* x, float* y, std::size_t n, float alpha, float beta);

/// The loop that computes the ONNX operator `op`, for the machine's vectors; nullptr where there is
/// none. "GeluTanh" is Gelu with approximate = "tanh".
UnaryFunction find_unary_function(std::string_view op);

/// The same for x to the power of an exponent: one of -2, -1, -1/2, 1/2, 1, 2 and 3, as which
/// squares, roots and quotients are exported; nullptr for others.
UnaryFunction find_power_function(double exponent);

}  // namespace gatefold::native
