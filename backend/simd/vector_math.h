#pragma once

#include <cstddef>

namespace gatefold::native {

/// y[i] = f(x[i]) for n floats, on the widest vectors the machine has; x and y may be the same
/// array. Errors are bounded in units in the last place (ulp) of the result.
namespace vector_math {

void exp(const float* x, float* y, std::size_t n);      ///< 2 ulp
void log(const float* x, float* y, std::size_t n);      ///< 4 ulp
void tanh(const float* x, float* y, std::size_t n);     ///< 4 ulp
void sigmoid(const float* x, float* y, std::size_t n);  ///< 4 ulp
void erf(const float* x, float* y, std::size_t n);      ///< 5 ulp

}  // namespace vector_math
}  // namespace gatefold::native
