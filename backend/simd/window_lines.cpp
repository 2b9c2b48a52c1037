#include "backend/simd/window_lines.h"

#include <algorithm>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/window_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/strided_load-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

constexpr hn::ScalableTag<float> kTag;

/// Copies whole vectors and returns how many elements these were.
template <std::int64_t kStep>
std::int64_t copy_vectors(const float* x, std::int64_t count, float* y) {
  std::int64_t i = 0;
  // A whole last vector would read behind the last element.
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  for (; i + lanes < count; i += lanes)
    hn::StoreU(load_every<kStep>(kTag, x + i * kStep), kTag, y + i);
  return i;
}

/// y[i] = x[i * step]
void copy_strided(const float* x, std::int64_t step, std::int64_t count, float* y) {
  std::int64_t i = 0;
  if (step == 2) i = copy_vectors<2>(x, count, y);
  if (step == 4) i = copy_vectors<4>(x, count, y);
  for (; i < count; ++i) y[i] = x[i * step];
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(copy_strided);

namespace {

// The longest vector of any machine, in elements.
constexpr std::int64_t kReadBehind = 64;

}  // namespace

PaddedPlanes::PaddedPlanes(const Windows& windows, std::int64_t channels)
    : windows_(windows), channels_(channels) {
  for (std::size_t i = 0; i < kMaxSpatialAxes; ++i) {
    const AxisWindow& axis = windows[i];
    extents_[i] = (axis.output - 1) * axis.stride + axis.span();
  }
  const std::int64_t stride = windows[2].stride;
  pitch_ = (extents_[2] + stride - 1) / stride;
  extents_[2] = pitch_ * stride;
  for (std::int64_t phase = 0; phase < stride; ++phase) phases_.push_back(place_phase(phase));
}

PaddedPlanes::Phase PaddedPlanes::place_phase(std::int64_t number) const {
  const AxisWindow& axis = windows_[2];
  Phase phase;
  phase.first = number - axis.pad_begin;
  const auto elements_below = [&](std::int64_t end) {
    const std::int64_t count = (end - phase.first + axis.stride - 1) / axis.stride;
    return std::clamp<std::int64_t>(end > phase.first ? count : 0, 0, pitch_);
  };
  phase.begin = elements_below(0);
  phase.end = std::max(phase.begin, elements_below(axis.input));
  return phase;
}

bool PaddedPlanes::is_x() const {
  if (windows_[2].stride != 1) return false;
  for (std::size_t i = 0; i < kMaxSpatialAxes; ++i) {
    if (windows_[i].pad_begin != 0 || extents_[i] != windows_[i].input) return false;
  }
  return true;
}

std::int64_t PaddedPlanes::size() const { return channels_ * plane_size() + kReadBehind; }

WindowLines PaddedPlanes::lines() const {
  const auto& [depth, height, width] = windows_;
  WindowLines result;
  result.width = width.output;
  const auto line_of = [&](std::int64_t plane, std::int64_t row) {
    return (plane * extents_[1] + row) * extents_[2];
  };
  for (std::int64_t c = 0; c < channels_; ++c) {
    for (std::int64_t kd = 0; kd < depth.kernel; ++kd) {
      for (std::int64_t kh = 0; kh < height.kernel; ++kh) {
        const std::int64_t line =
            line_of(c * extents_[0] + kd * depth.dilation, kh * height.dilation);
        for (std::int64_t kw = 0; kw < width.kernel; ++kw) {
          const std::int64_t place = kw * width.dilation;
          result.taps.push_back(line + place % width.stride * pitch_ + place / width.stride);
        }
      }
    }
  }
  for (std::int64_t od = 0; od < depth.output; ++od) {
    for (std::int64_t oh = 0; oh < height.output; ++oh) {
      result.lines.push_back(line_of(od * depth.stride, oh * height.stride));
    }
  }
  return result;
}

void PaddedPlanes::copy(const float* x, float* planes, float padding) const {
  const auto& [depth, height, width] = windows_;
  for (std::int64_t c = 0; c < channels_; ++c) {
    for (std::int64_t d = -depth.pad_begin; d < extents_[0] - depth.pad_begin; ++d) {
      for (std::int64_t h = -height.pad_begin; h < extents_[1] - height.pad_begin; ++h) {
        if (d < 0 || d >= depth.input || h < 0 || h >= height.input) {
          std::fill_n(planes, extents_[2], padding);
        } else {
          copy_line(x + (d * height.input + h) * width.input, planes, padding);
        }
        planes += extents_[2];
      }
    }
    x += depth.input * height.input * width.input;
  }
}

void PaddedPlanes::copy_line(const float* x, float* line, float padding) const {
  const std::int64_t stride = windows_[2].stride;
  for (const Phase& phase : phases_) {
    const float* source = x + phase.begin * stride + phase.first;
    const std::int64_t count = phase.end - phase.begin;
    std::fill_n(line, phase.begin, padding);
    if (stride == 1) {
      std::copy_n(source, count, line + phase.begin);
    } else {
      HWY_DYNAMIC_DISPATCH(copy_strided)(source, stride, count, line + phase.begin);
    }
    std::fill(line + phase.end, line + pitch_, padding);
    line += pitch_;
  }
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
