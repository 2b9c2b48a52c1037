#pragma once

#include <cstdint>

namespace gatefold {

struct Moments {
  double mean = 0;
  double variance = 0;  ///< Of the population: divided by the count.
};

/// Mean and variance of `count` neighbours.
template <typename T>
Moments moments_of(const T* values, std::int64_t count) {
  Moments moments;
  for (std::int64_t i = 0; i < count; ++i) moments.mean += values[i];
  moments.mean /= static_cast<double>(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const double difference = values[i] - moments.mean;
    moments.variance += difference * difference;
  }
  moments.variance /= static_cast<double>(count);
  return moments;
}

}  // namespace gatefold
