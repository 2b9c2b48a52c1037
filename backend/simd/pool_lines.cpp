#include "backend/simd/pool_lines.h"

#include <algorithm>

#include "ir/maximum.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/pool_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/maximum-inl.h"
#include "backend/simd/partial_vector-inl.h"
#include "backend/simd/strided_load-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

struct Max {
  HWY_INLINE Vector operator()(Vector a, Vector b) const { return maximum(a, b); }
  HWY_INLINE float operator()(float a, float b) const { return gatefold::maximum(a, b); }
};

struct Sum {
  HWY_INLINE Vector operator()(Vector a, Vector b) const { return hn::Add(a, b); }
  HWY_INLINE float operator()(float a, float b) const { return a + b; }
};

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

template <class Combine>
HWY_INLINE void combine_rows(std::span<const float* const> rows, std::int64_t count, float* line) {
  const Combine combine;
  const auto combine_at = [&](std::int64_t i) {
    Vector result = hn::LoadU(kTag, rows[0] + i);
    for (const float* row : rows.subspan(1)) result = combine(result, hn::LoadU(kTag, row + i));
    hn::StoreU(result, kTag, line + i);
  };
  if (count >= lane_count()) {
    for (std::int64_t i = 0; i + lane_count() < count; i += lane_count()) combine_at(i);
    combine_at(count - lane_count());
    return;
  }
  Vector result = load_part(kTag, rows[0], count);
  for (const float* row : rows.subspan(1)) result = combine(result, load_part(kTag, row, count));
  store_part(kTag, result, line, count);
}

/// y = vector_at(o) for a vector of outputs from o on.
template <class VectorAt>
HWY_INLINE void store_vectors(std::int64_t count, std::int64_t room, float* y,
                              const VectorAt& vector_at) {
  for (std::int64_t o = 0; o < count; o += lane_count()) {
    const Vector result = vector_at(o);
    if (o + lane_count() <= room) {
      hn::StoreU(result, kTag, y + o);
    } else {
      store_part(kTag, result, y + o, count - o);
    }
  }
}

/// Windows in steps of kStride, a power of two.
template <std::int64_t kStride, class Combine>
HWY_INLINE void combine_vectors(const AxisWindow& axis, const float* line, std::int64_t room,
                                float* y) {
  const Combine combine;
  if (axis.kernel == kStride && axis.dilation == 1) {
    return store_vectors(axis.output, room, y, [&](std::int64_t o) {
      return combine_groups<kStride>(kTag, line + o * kStride, combine);
    });
  }
  store_vectors(axis.output, room, y, [&](std::int64_t o) {
    Vector result = load_every<kStride>(kTag, line + o * kStride);
    for (std::int64_t k = 1; k < axis.kernel; ++k) {
      result = combine(result, load_every<kStride>(kTag, line + o * kStride + k * axis.dilation));
    }
    return result;
  });
}

template <class Combine>
HWY_INLINE void combine_windows(const AxisWindow& axis, const float* line, std::int64_t room,
                                float* y) {
  if (axis.stride == 1) return combine_vectors<1, Combine>(axis, line, room, y);
  if (axis.stride == 2) return combine_vectors<2, Combine>(axis, line, room, y);
  if (axis.stride == 4) return combine_vectors<4, Combine>(axis, line, room, y);
  const Combine combine;
  for (std::int64_t o = 0; o < axis.output; ++o) {
    const float* window = line + o * axis.stride;
    float result = window[0];
    for (std::int64_t k = 1; k < axis.kernel; ++k) {
      result = combine(result, window[k * axis.dilation]);
    }
    y[o] = result;
  }
}

void max_of_rows(std::span<const float* const> rows, std::int64_t count, float* line) {
  combine_rows<Max>(rows, count, line);
}
void sum_of_rows(std::span<const float* const> rows, std::int64_t count, float* line) {
  combine_rows<Sum>(rows, count, line);
}
void max_of_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y) {
  combine_windows<Max>(axis, line, room, y);
}
void sum_of_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y) {
  combine_windows<Sum>(axis, line, room, y);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(max_of_rows);
HWY_EXPORT(sum_of_rows);
HWY_EXPORT(max_of_windows);
HWY_EXPORT(sum_of_windows);

void max_rows(std::span<const float* const> rows, std::int64_t count, float* line) {
  HWY_DYNAMIC_DISPATCH(max_of_rows)(rows, count, line);
}

void sum_rows(std::span<const float* const> rows, std::int64_t count, float* line) {
  HWY_DYNAMIC_DISPATCH(sum_of_rows)(rows, count, line);
}

void max_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y) {
  HWY_DYNAMIC_DISPATCH(max_of_windows)(axis, line, room, y);
}

void sum_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y) {
  HWY_DYNAMIC_DISPATCH(sum_of_windows)(axis, line, room, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
