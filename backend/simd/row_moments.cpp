#include "backend/simd/row_moments.h"

#include <cmath>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/row_moments.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

/// The sum of (values - center)^2 or of the values themselves.
template <bool kSquares>
HWY_INLINE float sum(const float* values, std::int64_t count, float center) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  const Vector shift = hn::Set(kTag, center);
  const auto add = [&](const float* source, Vector total) HWY_ATTR {
    const Vector x = hn::LoadU(kTag, source);
    if constexpr (!kSquares) return hn::Add(total, x);
    const Vector distance = hn::Sub(x, shift);
    return hn::MulAdd(distance, distance, total);
  };
  Vector a = hn::Zero(kTag);
  Vector b = a;
  Vector c = a;
  Vector d = a;
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    a = add(values + i, a);
    b = add(values + i + lanes, b);
    c = add(values + i + 2 * lanes, c);
    d = add(values + i + 3 * lanes, d);
  }
  for (; i + lanes <= count; i += lanes) a = add(values + i, a);
  const Vector all = hn::Add(hn::Add(a, b), hn::Add(c, d));
  float result = hn::GetLane(hn::SumOfLanes(kTag, all));
  for (; i < count; ++i) {
    const float distance = values[i] - center;
    result += kSquares ? distance * distance : values[i];
  }
  return result;
}

float plain_sum(const float* values, std::int64_t count) { return sum<false>(values, count, 0); }

float square_sum(const float* values, std::int64_t count, float center) {
  return sum<true>(values, count, center);
}

void normalize(const float* x, std::int64_t count, float center, float inverse, const float* scale,
               const float* bias, float* y) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  const Vector shift = hn::Set(kTag, center);
  const Vector factor = hn::Set(kTag, inverse);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Vector normal = hn::Mul(hn::Sub(hn::LoadU(kTag, x + i), shift), factor);
    const Vector start = bias == nullptr ? hn::Zero(kTag) : hn::LoadU(kTag, bias + i);
    hn::StoreU(hn::MulAdd(normal, hn::LoadU(kTag, scale + i), start), kTag, y + i);
  }
  for (; i < count; ++i) {
    y[i] = (x[i] - center) * inverse * scale[i] + (bias == nullptr ? 0.0F : bias[i]);
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(plain_sum);
HWY_EXPORT(square_sum);
HWY_EXPORT(normalize);

float sum_of(const float* values, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(plain_sum)(values, count);
}

float square_sum_of(const float* values, std::int64_t count, float center) {
  return HWY_DYNAMIC_DISPATCH(square_sum)(values, count, center);
}

float inverse_deviation(float center, const float* values, std::int64_t count, float epsilon) {
  const float squares = square_sum_of(values, count, center);
  return 1.0F / std::sqrt(squares / static_cast<float>(count) + epsilon);
}

void normalize_row(const float* x, std::int64_t count, float center, float inverse,
                   const float* scale, const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(normalize)(x, count, center, inverse, scale, bias, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
