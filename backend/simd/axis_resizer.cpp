#include "backend/simd/axis_resizer.h"

#include <algorithm>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/axis_resizer.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/partial_vector-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;
constexpr hn::RebindToSigned<decltype(kTag)> kPlaceTag;
using Vector = hn::Vec<decltype(kTag)>;

std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

template <bool kIsNear>
HWY_INLINE Vector pick(const float* x, const std::int32_t* places) {
  if constexpr (kIsNear) {
    return hn::TableLookupLanes(hn::LoadU(kTag, x), hn::SetTableIndices(kTag, places));
  } else {
    return hn::GatherIndex(kTag, x, hn::LoadU(kPlaceTag, places));
  }
}

template <bool kIsNear>
void resize_vectors(const AxisResizer::Lines& lines, const float* x, float* y) {
  const std::int32_t* places = lines.places.data();
  const float* weights = lines.weights.empty() ? nullptr : lines.weights.data();
  std::int64_t left = lines.positions;
  for (const std::int64_t start : lines.starts) {
    Vector sum = pick<kIsNear>(x + start, places);
    places += lane_count();
    if (weights != nullptr) {
      sum = hn::Mul(sum, hn::LoadU(kTag, weights));
      for (std::int64_t k = 1; k < lines.taps; ++k, places += lane_count()) {
        weights += lane_count();
        sum = hn::MulAdd(pick<kIsNear>(x + start, places), hn::LoadU(kTag, weights), sum);
      }
      weights += lane_count();
    }
    const std::int64_t count = std::min(left, lane_count());
    if (count == lane_count()) {
      hn::StoreU(sum, kTag, y);
    } else {
      store_part(kTag, sum, y, count);
    }
    y += count;
    left -= count;
  }
}

void resize_line(const AxisResizer::Lines& lines, const float* x, float* y) {
  lines.is_near ? resize_vectors<true>(lines, x, y) : resize_vectors<false>(lines, x, y);
}

/// y = the sum over k of weights[k] times the row that begins at x[rows[k]].
void combine_rows(const float* x, const std::int64_t* rows, const float* weights, std::int64_t taps,
                  std::int64_t count, float* y) {
  std::int64_t i = 0;
  for (; i + lane_count() <= count; i += lane_count()) {
    Vector sum = hn::Mul(hn::LoadU(kTag, x + rows[0] + i), hn::Set(kTag, weights[0]));
    for (std::int64_t k = 1; k < taps; ++k) {
      sum = hn::MulAdd(hn::LoadU(kTag, x + rows[k] + i), hn::Set(kTag, weights[k]), sum);
    }
    hn::StoreU(sum, kTag, y + i);
  }
  for (; i < count; ++i) {
    y[i] = weights[0] * x[rows[0] + i];
    for (std::int64_t k = 1; k < taps; ++k) y[i] += weights[k] * x[rows[k] + i];
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(lane_count);
HWY_EXPORT(resize_line);
HWY_EXPORT(combine_rows);

AxisResizer::AxisResizer(const ops::ResizeAxis& axis, std::int64_t extent, std::int64_t inner)
    : extent_(extent),
      inner_(inner),
      taps_(axis.taps),
      positions_(static_cast<std::int64_t>(axis.indices.size()) / axis.taps),
      weights_(axis.weights.begin(), axis.weights.end()) {
  for (const std::int64_t index : axis.indices) rows_.push_back(index * inner);
  if (inner == 1) prepare_lines(axis);
}

void AxisResizer::prepare_lines(const ops::ResizeAxis& axis) {
  const std::int64_t lanes = HWY_DYNAMIC_DISPATCH(lane_count)();
  lines_ = {.positions = positions_, .taps = taps_, .is_near = extent_ >= lanes};
  for (std::int64_t first = 0; first < positions_; first += lanes) {
    const std::int64_t last = std::min(first + lanes, positions_) - 1;
    const auto begin = axis.indices.begin() + first * taps_;
    const auto [low, high] = std::minmax_element(begin, axis.indices.begin() + (last + 1) * taps_);
    const std::int64_t start = std::max<std::int64_t>(std::min(*low, extent_ - lanes), 0);
    lines_.starts.push_back(start);
    lines_.is_near &= *high - start < lanes;
    for (std::int64_t k = 0; k < taps_; ++k) {
      for (std::int64_t i = 0; i < lanes; ++i) {
        const std::int64_t tap = std::min(first + i, last) * taps_ + k;
        lines_.places.push_back(static_cast<std::int32_t>(axis.indices[tap] - start));
        if (taps_ > 1) lines_.weights.push_back(static_cast<float>(axis.weights[tap]));
      }
    }
  }
}

void AxisResizer::resize_rows(const float* x, float* y) const {
  for (std::int64_t i = 0; i < positions_; ++i, y += inner_) {
    const std::int64_t* rows = rows_.data() + i * taps_;
    if (taps_ == 1) {
      std::copy_n(x + rows[0], inner_, y);
    } else {
      HWY_DYNAMIC_DISPATCH(combine_rows)(x, rows, weights_.data() + i * taps_, taps_, inner_, y);
    }
  }
}

void AxisResizer::run(std::int64_t outer, const float* x, float* y) const {
  for (std::int64_t o = 0; o < outer; ++o, x += input_count(), y += output_count()) {
    inner_ == 1 ? HWY_DYNAMIC_DISPATCH(resize_line)(lines_, x, y) : resize_rows(x, y);
  }
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
