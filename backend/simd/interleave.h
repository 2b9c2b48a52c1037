#pragma once

#include <cstdint>

namespace gatefold::native {

/// y[i * rows + r] = x[r * step + i] + addend for all i < count: the rows of x become columns.
void interleave(const float* x, std::int64_t step, std::int64_t rows, std::int64_t count,
                float addend, float* y);

}  // namespace gatefold::native
