#pragma once

#include <cstdint>

namespace gatefold::native {

float sum_of(const float* values, std::int64_t count);

/// The sum of (value - center)^2.
float square_sum_of(const float* values, std::int64_t count, float center);

/// 1 / sqrt(mean square around `center` + epsilon).
float inverse_deviation(float center, const float* values, std::int64_t count, float epsilon);

/// y = (x - center) * inverse * scale + bias, element by element; without bias where that is
/// nullptr.
void normalize_row(const float* x, std::int64_t count, float center, float inverse,
                   const float* scale, const float* bias, float* y);

}  // namespace gatefold::native
