#include "backend/simd/int8.h"

#include <algorithm>
#include <cmath>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/int8.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using Vector = hn::Vec<FloatTag>;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(FloatTag())); }

/// The largest magnitude; no number if one of the numbers is none or infinite.
float magnitude(const float* numbers, std::int64_t count) {
  const FloatTag d;
  Vector largest = hn::Zero(d);
  Vector probe = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    const Vector v = hn::LoadU(d, numbers + i);
    largest = hn::Max(largest, hn::Abs(v));
    probe = hn::MulAdd(v, hn::Zero(d), probe);
  }
  float result = hn::GetLane(hn::MaxOfLanes(d, largest));
  float rest = hn::GetLane(hn::SumOfLanes(d, probe));
  for (; i < count; ++i) {
    result = std::max(result, std::abs(numbers[i]));
    rest += numbers[i] * 0.0F;
  }
  return result + rest;
}

/// target = 128 + numbers * factor, to the nearest.
void quantize(const float* numbers, std::int64_t count, float factor, std::uint8_t* target) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
  const hn::Rebind<std::uint8_t, FloatTag> d8;
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    const Vector scaled = hn::Mul(hn::LoadU(d, numbers + i), hn::Set(d, factor));
    const auto shifted = hn::Add(hn::NearestInt(scaled), hn::Set(di, 128));
    hn::StoreU(hn::DemoteTo(d8, shifted), d8, target + i);
  }
  for (; i < count; ++i) {
    target[i] = static_cast<std::uint8_t>(128 + std::lrint(numbers[i] * factor));
  }
}

void scale_row(const float* products, std::int64_t columns, float row_scale, const float* scales,
               const float* corrections, const float* bias, float* target) {
  const FloatTag d;
  std::int64_t i = 0;
  for (; i + lane_count() <= columns; i += lane_count()) {
    const Vector scale = hn::Mul(hn::LoadU(d, scales + i), hn::Set(d, row_scale));
    const Vector sum = hn::Sub(hn::LoadU(d, products + i), hn::LoadU(d, corrections + i));
    const Vector start = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + i);
    hn::StoreU(hn::MulAdd(sum, scale, start), d, target + i);
  }
  for (; i < columns; ++i) {
    const float start = bias == nullptr ? 0 : bias[i];
    target[i] = start + (products[i] - corrections[i]) * (scales[i] * row_scale);
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {
namespace {

HWY_EXPORT(magnitude);
HWY_EXPORT(quantize);
HWY_EXPORT(scale_row);

constexpr float kLargest = 127;

}  // namespace

float quantize_row(const float* row, std::int64_t depth, std::int64_t padded,
                   std::uint8_t* target) {
  const float largest = HWY_DYNAMIC_DISPATCH(magnitude)(row, depth);
  const bool has_scale = largest > 0 && std::isfinite(largest);
  HWY_DYNAMIC_DISPATCH(quantize)(row, has_scale ? depth : 0, kLargest / largest, target);
  std::fill(target + (has_scale ? depth : 0), target + padded, std::uint8_t{128});
  return largest / kLargest;
}

Int8Column quantize_column(const float* column, std::int64_t step, std::int64_t depth,
                           std::int64_t panel, std::int8_t* target) {
  float largest = 0;
  for (std::int64_t k = 0; k < depth; ++k) {
    const float magnitude = std::abs(column[k * step]);
    if (magnitude > largest || magnitude != magnitude) largest = magnitude;
  }
  const float factor = largest > 0 && std::isfinite(largest) ? kLargest / largest : 0;
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < depth && factor > 0; ++k) {
    const auto number = static_cast<std::int8_t>(std::lrint(column[k * step] * factor));
    target[k / 4 * panel * 4 + k % 4] = number;
    sum += number;
  }
  return {largest / kLargest, static_cast<float>(128 * sum)};
}

void scale_products(const float* products, std::int64_t columns, float row_scale,
                    const float* scales, const float* corrections, const float* bias,
                    float* target) {
  HWY_DYNAMIC_DISPATCH(scale_row)
  (products, columns, row_scale, scales, corrections, bias, target);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
