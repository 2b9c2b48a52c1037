#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ir/tensor.h"
#include "ir/type.h"

namespace gatefold {

/// Element types of quantized activations and weights.
inline constexpr DataTypeSet kQuantizedByteTypes{DataType::kInt8, DataType::kUint8};

/// round(value) + zero_point, halves to the even neighbour, held within the range of T. NaN gives
/// the least T.
template <typename T>
T quantize(double value, std::int64_t zero_point) {
  const double shifted = std::nearbyint(value) + static_cast<double>(zero_point);
  constexpr auto kLeast = static_cast<double>(std::numeric_limits<T>::lowest());
  constexpr auto kGreatest = static_cast<double>(std::numeric_limits<T>::max());
  return static_cast<T>(std::min(kGreatest, std::max(kLeast, shifted)));
}

/// Which scale and zero point belong to an element of x [a.., n, b..], the axis n being `axis`:
///   scalar (one element): the same for all
///   per axis, [n]: scale[i]
///   blocked, [a.., ceil(n / block), b..]: scale[a, i / block, b]
class ScaleMap {
 public:
  ScaleMap(const Dims& x, const Dims& scale, std::int64_t axis, std::int64_t block);

  std::int64_t operator()(std::int64_t element) const {
    const std::int64_t position = element / inner_ % extent_;
    if (block_ == 0) return position * axis_step_;
    return (element / (inner_ * extent_) * blocks_ + position / block_) * inner_ + element % inner_;
  }

 private:
  std::int64_t extent_ = 1, inner_ = 1;
  std::int64_t axis_step_ = 0;           // 1 per axis, 0 for a scalar.
  std::int64_t block_ = 0, blocks_ = 0;  // 0 unless blocked.
};

}  // namespace gatefold
