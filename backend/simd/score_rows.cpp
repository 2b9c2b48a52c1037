#include "backend/simd/score_rows.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/score_rows.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/vector_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

/// y[i] = compute(tag, y[i]) for whole vectors, then one by one.
template <typename Compute>
HWY_INLINE void map_row(std::int64_t count, float* y, const Compute& compute) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(compute(d, i, hn::LoadU(d, y + i)), d, y + i);
  for (; i < count; ++i) hn::StoreU(compute(one, i, hn::LoadU(one, y + i)), one, y + i);
}

float largest_of(std::int64_t count, const float* scores) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto best = hn::Set(d, kHidden);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) best = hn::Max(best, hn::LoadU(d, scores + i));
  float largest = hn::GetLane(hn::MaxOfLanes(d, best));
  for (; i < count; ++i) largest = scores[i] > largest ? scores[i] : largest;
  return largest;
}

float fold(std::int64_t count, float* scores, RowSoftmax& row) {
  const hn::ScalableTag<float> d;
  const float before = row.largest;
  const float largest = largest_of(count, scores);
  row.largest = largest > before ? largest : before;
  // No key has been seen yet: a difference of infinities would be no number.
  if (row.largest == kHidden) {
    map_row(count, scores, [](auto tag, std::int64_t /*i*/, auto score) HWY_ATTR {
      return hn::IfThenElse(hn::IsNaN(score), score, hn::Zero(tag));
    });
  } else {
    map_row(count, scores, [&](auto tag, std::int64_t /*i*/, auto score) HWY_ATTR {
      return exp(tag, hn::Sub(score, hn::Set(tag, row.largest)));
    });
  }
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sums = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) sums = hn::Add(sums, hn::LoadU(d, scores + i));
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < count; ++i) sum += scores[i];
  const float factor = before == kHidden ? 0.0F : std::exp(before - row.largest);
  row.sum = row.sum * factor + sum;
  return factor;
}

void weigh(std::int64_t count, const RowSoftmax& row, float* scores) {
  const float factor = 1 / row.sum;
  map_row(count, scores, [&](auto d, std::int64_t /*i*/, auto score) HWY_ATTR {
    const auto power = exp(d, hn::Sub(score, hn::Set(d, row.largest)));
    return hn::Mul(power, hn::Set(d, factor));
  });
}

void to_slopes(std::int64_t count, const float* weights, float mean, float* slopes) {
  map_row(count, slopes, [&](auto d, std::int64_t i, auto slope) HWY_ATTR {
    return hn::Mul(hn::LoadU(d, weights + i), hn::Sub(slope, hn::Set(d, mean)));
  });
}

float dot(std::int64_t count, const float* a, const float* b) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sums = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    sums = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sums);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void cap(std::int64_t count, float cap, float* scores) {
  map_row(count, scores, [&](auto d, std::int64_t /*i*/, auto score) HWY_ATTR {
    return hn::Mul(hn::Set(d, cap), tanh(d, hn::Div(score, hn::Set(d, cap))));
  });
}

void add(std::int64_t count, const float* mask, float* scores) {
  map_row(count, scores, [&](auto d, std::int64_t i, auto score) HWY_ATTR {
    return hn::Add(score, hn::LoadU(d, mask + i));
  });
}

void scale(std::int64_t count, float factor, float* y) {
  map_row(count, y, [&](auto d, std::int64_t /*i*/, auto value) HWY_ATTR {
    return hn::Mul(value, hn::Set(d, factor));
  });
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(fold);
HWY_EXPORT(weigh);
HWY_EXPORT(to_slopes);
HWY_EXPORT(dot);
HWY_EXPORT(cap);
HWY_EXPORT(add);
HWY_EXPORT(scale);

float fold_scores(std::int64_t count, float* scores, RowSoftmax& row) {
  return HWY_DYNAMIC_DISPATCH(fold)(count, scores, row);
}
void weigh_scores(std::int64_t count, const RowSoftmax& row, float* scores) {
  HWY_DYNAMIC_DISPATCH(weigh)(count, row, scores);
}
void slopes_of_scores(std::int64_t count, const float* weights, float mean, float* slopes) {
  HWY_DYNAMIC_DISPATCH(to_slopes)(count, weights, mean, slopes);
}
float dot_rows(std::int64_t count, const float* a, const float* b) {
  return HWY_DYNAMIC_DISPATCH(dot)(count, a, b);
}
void cap_scores(std::int64_t count, float cap, float* scores) {
  HWY_DYNAMIC_DISPATCH(cap)(count, cap, scores);
}
void add_mask(std::int64_t count, const float* mask, float* scores) {
  HWY_DYNAMIC_DISPATCH(add)(count, mask, scores);
}
void hide_scores(std::int64_t count, const bool* mask, float* scores) {
  for (std::int64_t i = 0; i < count; ++i) {
    scores[i] = mask[i] ? scores[i] : -std::numeric_limits<float>::infinity();
  }
}
void scale_row(std::int64_t count, float factor, float* y) {
  HWY_DYNAMIC_DISPATCH(scale)(count, factor, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
