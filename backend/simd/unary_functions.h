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

}  // namespace gatefold::native
