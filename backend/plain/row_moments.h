#pragma once

#include <cmath>
#include <cstdint>

namespace gatefold::plain {

inline float sum_of(const float* values, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

/// The sum of (values - center)^2.
inline float squares_around(float center, const float* values, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += (values[i] - center) * (values[i] - center);
  return sum;
}

/// 1 / sqrt(mean square around `center` + epsilon).
inline float inverse_deviation(float center, const float* values, std::int64_t count,
                               float epsilon) {
  const float mean_square = squares_around(center, values, count) / static_cast<float>(count);
  return 1.0F / std::sqrt(mean_square + epsilon);
}

}  // namespace gatefold::plain
