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
constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

/// scores[i] = compute(scores[i]) by whole vectors; what is behind the row becomes anything.
template <typename Compute>
HWY_INLINE void map_scores(std::int64_t count, float* scores, const Compute& compute) {
  for (std::int64_t i = 0; i < count; i += lane_count()) {
    hn::StoreU(compute(hn::LoadU(kTag, scores + i)), kTag, scores + i);
  }
}

/// The vector at i, with -infinity behind the row.
HWY_INLINE Vector scores_at(std::int64_t i, std::int64_t count, const float* scores) {
  const auto inside = hn::FirstN(kTag, static_cast<std::size_t>(count - i));
  return hn::IfThenElse(inside, hn::LoadU(kTag, scores + i), hn::Set(kTag, kHidden));
}

float largest_of(std::int64_t count, const float* scores) {
  auto best = hn::Set(kTag, kHidden);
  for (std::int64_t i = 0; i < count; i += lane_count()) {
    best = hn::Max(best, scores_at(i, count, scores));
  }
  return hn::GetLane(hn::MaxOfLanes(kTag, best));
}

float fold(std::int64_t count, float* scores, RowSoftmax& row) {
  const float before = row.largest;
  const float largest = largest_of(count, scores);
  row.largest = largest > before ? largest : before;
  // As long as every key is hidden there is nothing to measure scores against but 0.
  const auto shift = hn::Set(kTag, row.largest == kHidden ? 0.0F : row.largest);
  auto sums = hn::Zero(kTag);
  for (std::int64_t i = 0; i < count; i += lane_count()) {
    const auto power = exp(kTag, hn::Sub(scores_at(i, count, scores), shift));
    hn::StoreU(power, kTag, scores + i);
    sums = hn::Add(sums, power);
  }
  const float factor = before == kHidden ? 0.0F : std::exp(before - row.largest);
  row.sum = row.sum * factor + hn::GetLane(hn::SumOfLanes(kTag, sums));
  return factor;
}

void weigh(std::int64_t count, const RowSoftmax& row, float* scores) {
  const auto shift = hn::Set(kTag, row.largest);
  const auto factor = hn::Set(kTag, 1 / row.sum);
  map_scores(count, scores, [&](auto score) HWY_ATTR {
    return hn::Mul(exp(kTag, hn::Sub(score, shift)), factor);
  });
}

void to_slopes(std::int64_t count, const float* weights, float mean, float* slopes) {
  const auto shift = hn::Set(kTag, mean);
  map_scores(count, slopes, [&](auto slope) HWY_ATTR {
    const auto weight = hn::LoadU(kTag, weights);
    weights += lane_count();
    return hn::Mul(weight, hn::Sub(slope, shift));
  });
}

void cap(std::int64_t count, float cap, float* scores) {
  const auto bound = hn::Set(kTag, cap);
  map_scores(count, scores, [&](auto score) HWY_ATTR {
    return hn::Mul(bound, tanh(kTag, hn::Div(score, bound)));
  });
}

void add(std::int64_t count, const float* mask, float* scores) {
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    hn::StoreU(hn::Add(hn::LoadU(kTag, scores + i), hn::LoadU(kTag, mask + i)), kTag, scores + i);
  }
  for (; i < count; ++i) scores[i] += mask[i];
}

float dot(std::int64_t count, const float* a, const float* b) {
  auto sums = hn::Zero(kTag);
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    sums = hn::MulAdd(hn::LoadU(kTag, a + i), hn::LoadU(kTag, b + i), sums);
  }
  float sum = hn::GetLane(hn::SumOfLanes(kTag, sums));
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void scale(std::int64_t count, float factor, float* y) {
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    hn::StoreU(hn::Mul(hn::LoadU(kTag, y + i), hn::Set(kTag, factor)), kTag, y + i);
  }
  for (; i < count; ++i) y[i] *= factor;
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
