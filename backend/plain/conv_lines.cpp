#include "backend/plain/conv_lines.h"

#include <algorithm>
#include <array>
#include <utility>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/plain/conv_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::plain::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;
constexpr Lanes kTag;

// Sums of outputs times channels that fit into registers beside the weights.
#if HWY_ARCH_ARM || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
constexpr int kMaxOutputs = 12;
#else
constexpr int kMaxOutputs = 6;
#endif
constexpr int kPanelVectors = 2;
constexpr int kPlaneVectors = 4;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

std::int64_t panel_width() { return kPanelVectors * lane_count(); }

/// sums[o, m] for kOutputs outputs of a panel of channels.
template <int kOutputs>
void sum_block(const ConvLines& lines, const float* x, const float* weights, float* sums) {
  Vector low[kOutputs];
  Vector high[kOutputs];
  for (int o = 0; o < kOutputs; ++o) low[o] = high[o] = hn::Zero(kTag);
  for (const std::int64_t tap : lines.taps) {
    const Vector low_weights = hn::LoadU(kTag, weights);
    const Vector high_weights = hn::LoadU(kTag, weights + lane_count());
    weights += panel_width();
    for (int o = 0; o < kOutputs; ++o) {
      const Vector value = hn::Set(kTag, x[tap + o]);
      low[o] = hn::MulAdd(value, low_weights, low[o]);
      high[o] = hn::MulAdd(value, high_weights, high[o]);
    }
  }
  for (int o = 0; o < kOutputs; ++o) {
    hn::Store(low[o], kTag, sums + o * panel_width());
    hn::Store(high[o], kTag, sums + o * panel_width() + lane_count());
  }
}

using SumBlock = void (*)(const ConvLines&, const float*, const float*, float*);

template <int... kOutputs>
constexpr std::array<SumBlock, sizeof...(kOutputs)> make_blocks(
    std::integer_sequence<int, kOutputs...>) {
  return {sum_block<kOutputs + 1>...};
}

/// kSumBlocks[n - 1] computes n outputs.
constexpr auto kSumBlocks = make_blocks(std::make_integer_sequence<int, kMaxOutputs>());

void convolve_line_of_panel(const ConvLines& lines, const float* x, const float* weights,
                            const float* bias, std::int64_t channels, std::int64_t y_stride,
                            float* y) {
  HWY_ALIGN float sums[kMaxOutputs * kPanelVectors * hn::MaxLanes(kTag)];
  // Blocks of about the same size: a short one would wait for its few sums.
  const std::int64_t blocks = (lines.width + kMaxOutputs - 1) / kMaxOutputs;
  std::int64_t begin = 0;
  for (std::int64_t block = 1; block <= blocks; ++block) {
    const std::int64_t end = lines.width * block / blocks;
    const std::int64_t count = end - begin;
    kSumBlocks[static_cast<std::size_t>(count - 1)](lines, x + begin, weights, sums);
    for (std::int64_t m = 0; m < channels; ++m) {
      const float start = bias == nullptr ? 0.0F : bias[m];
      float* target = y + m * y_stride + begin;
      for (std::int64_t o = 0; o < count; ++o) target[o] = start + sums[o * panel_width() + m];
    }
    begin = end;
  }
}

/// kVectors vectors of outputs of one channel.
template <int kVectors>
HWY_INLINE void sum_vectors(const ConvLines& lines, const float* x, const float* weights,
                            float start, Vector (&sums)[kVectors]) {
  for (Vector& sum : sums) sum = hn::Set(kTag, start);
  for (std::size_t k = 0; k < lines.taps.size(); ++k) {
    const Vector weight = hn::Set(kTag, weights[k]);
    for (int v = 0; v < kVectors; ++v) {
      sums[v] = hn::MulAdd(weight, hn::LoadU(kTag, x + lines.taps[k] + v * lane_count()), sums[v]);
    }
  }
}

void convolve_lines_of_plane(const ConvLines& lines, const float* x, const float* weights,
                             float start, float* y) {
  const std::int64_t width = lines.width;
  for (const std::int64_t line : lines.lines) {
    const float* source = x + line;
    std::int64_t o = 0;
    for (; o + kPlaneVectors * lane_count() <= width; o += kPlaneVectors * lane_count()) {
      Vector sums[kPlaneVectors];
      sum_vectors(lines, source + o, weights, start, sums);
      for (int v = 0; v < kPlaneVectors; ++v) hn::StoreU(sums[v], kTag, y + o + v * lane_count());
    }
    for (; o < width; o += lane_count()) {
      Vector sums[1];
      sum_vectors(lines, source + o, weights, start, sums);
      if (o + lane_count() <= width) {
        hn::StoreU(sums[0], kTag, y + o);
      } else {
        HWY_ALIGN float rest[hn::MaxLanes(kTag)];
        hn::Store(sums[0], kTag, rest);
        std::copy_n(rest, width - o, y + o);
      }
    }
    y += width;
  }
}

}  // namespace
}  // namespace gatefold::plain::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::plain {

HWY_EXPORT(panel_width);
HWY_EXPORT(convolve_line_of_panel);
HWY_EXPORT(convolve_lines_of_plane);

std::int64_t conv_panel_width() { return HWY_DYNAMIC_DISPATCH(panel_width)(); }

void convolve_line(const ConvLines& lines, const float* x, const float* weights, const float* bias,
                   std::int64_t channels, std::int64_t y_stride, float* y) {
  HWY_DYNAMIC_DISPATCH(convolve_line_of_panel)
  (lines, x, weights, bias, channels, y_stride, y);
}

void convolve_plane(const ConvLines& lines, const float* x, const float* weights, float start,
                    float* y) {
  HWY_DYNAMIC_DISPATCH(convolve_lines_of_plane)(lines, x, weights, start, y);
}

}  // namespace gatefold::plain
#endif  // HWY_ONCE
