#include "backend/simd/conv_lines.h"

#include <algorithm>
#include <array>
#include <utility>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/conv_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/partial_vector-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;
constexpr Lanes kTag;

// Sums of outputs times channels that fit into registers beside the weights.
#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr int kMaxOutputs = 12;
#else
constexpr int kMaxOutputs = 6;
#endif
constexpr int kPanelVectors = 2;
constexpr std::size_t kPlaneVectors = 4;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

std::int64_t panel_width() { return kPanelVectors * lane_count(); }

/// sums[o, m] for kOutputs outputs of a panel of channels. Unrolled by hand: as loops over arrays,
/// GCC 12 also writes every sum to the stack at every tap.
template <std::size_t... kOutput>
void sum_block(std::index_sequence<kOutput...> /*outputs*/, const WindowLines& lines,
               const float* x, const float* weights, float* sums) {
  Vector low[] = {(static_cast<void>(kOutput), hn::Zero(kTag))...};
  Vector high[] = {(static_cast<void>(kOutput), hn::Zero(kTag))...};
  for (const std::int64_t tap : lines.taps) {
    const Vector low_weights = hn::LoadU(kTag, weights);
    const Vector high_weights = hn::LoadU(kTag, weights + lane_count());
    weights += panel_width();
    const float* values = x + tap;
    ((low[kOutput] = hn::MulAdd(hn::Set(kTag, values[kOutput]), low_weights, low[kOutput]),
      high[kOutput] = hn::MulAdd(hn::Set(kTag, values[kOutput]), high_weights, high[kOutput])),
     ...);
  }
  (hn::Store(low[kOutput], kTag, sums + kOutput * panel_width()), ...);
  (hn::Store(high[kOutput], kTag, sums + kOutput * panel_width() + lane_count()), ...);
}

template <std::size_t kOutputs>
void sum_outputs(const WindowLines& lines, const float* x, const float* weights, float* sums) {
  sum_block(std::make_index_sequence<kOutputs>(), lines, x, weights, sums);
}

using SumBlock = void (*)(const WindowLines&, const float*, const float*, float*);

template <std::size_t... kOutputs>
constexpr std::array<SumBlock, sizeof...(kOutputs)> make_blocks(
    std::index_sequence<kOutputs...> /*counts*/) {
  return {sum_outputs<kOutputs + 1>...};
}

/// kSumBlocks[n - 1] computes n outputs.
constexpr auto kSumBlocks = make_blocks(std::make_index_sequence<kMaxOutputs>());

void convolve_by_channels(const WindowLines& lines, std::int64_t line, const float* x,
                          const float* weights, const float* bias, std::int64_t channels,
                          float* y) {
  HWY_ALIGN float sums[kMaxOutputs * kPanelVectors * hn::MaxLanes(kTag)];
  x += lines.lines[static_cast<std::size_t>(line)];
  y += line * lines.width;
  // Blocks of about the same size: a short one would wait for its few sums.
  const std::int64_t blocks = (lines.width + kMaxOutputs - 1) / kMaxOutputs;
  std::int64_t begin = 0;
  for (std::int64_t block = 1; block <= blocks; ++block) {
    const std::int64_t end = lines.width * block / blocks;
    const std::int64_t count = end - begin;
    kSumBlocks[static_cast<std::size_t>(count - 1)](lines, x + begin, weights, sums);
    for (std::int64_t m = 0; m < channels; ++m) {
      const float start = bias == nullptr ? 0.0F : bias[m];
      float* target = y + m * lines.output_count() + begin;
      for (std::int64_t o = 0; o < count; ++o) target[o] = start + sums[o * panel_width() + m];
    }
    begin = end;
  }
}

/// Vectors of outputs. A vector at the end of a line goes on into the next line, whose own vectors
/// come later and replace what it leaves there.
struct OutputVectors {
  const float* sources[kPlaneVectors];
  std::int64_t targets[kPlaneVectors];  ///< Numbers of their first outputs.
  std::size_t count = 0;
};

/// Stores what fits of a vector into the outputs of a channel, from number `target` on.
HWY_INLINE void store_outputs(Vector sums, std::int64_t target, std::int64_t outputs, float* y) {
  if (target + lane_count() <= outputs) return hn::StoreU(sums, kTag, y + target);
  store_part(kTag, sums, y + target, outputs - target);
}

/// All sums of some channels, unrolled by hand as in sum_block: sum i is that of channel
/// i / kPlaneVectors and vector i % kPlaneVectors.
template <std::size_t... kSum>
HWY_INLINE void sum_vectors(std::index_sequence<kSum...> /*sums*/, const WindowLines& lines,
                            const OutputVectors& vectors, const float* weights, const float* bias,
                            float* y) {
  const std::size_t taps = lines.taps.size();
  const std::int64_t outputs = lines.output_count();
  const auto [a, b, c, d] = vectors.sources;
  Vector sums[] = {hn::Set(kTag, bias == nullptr ? 0.0F : bias[kSum / kPlaneVectors])...};
  for (std::size_t k = 0; k < taps; ++k) {
    const std::int64_t tap = lines.taps[k];
    const Vector values[] = {hn::LoadU(kTag, a + tap), hn::LoadU(kTag, b + tap),
                             hn::LoadU(kTag, c + tap), hn::LoadU(kTag, d + tap)};
    ((sums[kSum] = hn::MulAdd(hn::Set(kTag, weights[kSum / kPlaneVectors * taps + k]),
                              values[kSum % kPlaneVectors], sums[kSum])),
     ...);
  }
  ((kSum % kPlaneVectors < vectors.count
        ? store_outputs(sums[kSum], vectors.targets[kSum % kPlaneVectors], outputs,
                        y + kSum / kPlaneVectors * outputs)
        : void()),
   ...);
}

/// All outputs of kChannels channels.
template <std::size_t kChannels>
void convolve_channels(const WindowLines& lines, const float* x, const float* weights,
                       const float* bias, float* y) {
  constexpr auto kSums = std::make_index_sequence<kChannels * kPlaneVectors>();
  OutputVectors vectors;
  std::int64_t first = 0;
  for (const std::int64_t line : lines.lines) {
    for (std::int64_t o = 0; o < lines.width; o += lane_count()) {
      vectors.sources[vectors.count] = x + line + o;
      vectors.targets[vectors.count++] = first + o;
      if (vectors.count < kPlaneVectors) continue;
      sum_vectors(kSums, lines, vectors, weights, bias, y);
      vectors.count = 0;
    }
    first += lines.width;
  }
  if (vectors.count == 0) return;
  // What is missing may read anything: it is not stored.
  std::fill(vectors.sources + vectors.count, std::end(vectors.sources), vectors.sources[0]);
  sum_vectors(kSums, lines, vectors, weights, bias, y);
}

void convolve_by_outputs(const WindowLines& lines, const float* x, const float* weights,
                         const float* bias, std::int64_t channels, float* y) {
  static_assert(kConvChannels == 4);
  constexpr decltype(&convolve_channels<1>) kConvolve[] = {
      convolve_channels<1>, convolve_channels<2>, convolve_channels<3>, convolve_channels<4>};
  kConvolve[channels - 1](lines, x, weights, bias, y);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(panel_width);
HWY_EXPORT(convolve_by_channels);
HWY_EXPORT(convolve_by_outputs);

std::int64_t conv_panel_width() { return HWY_DYNAMIC_DISPATCH(panel_width)(); }

void convolve_line(const WindowLines& lines, std::int64_t line, const float* x,
                   const float* weights, const float* bias, std::int64_t channels, float* y) {
  HWY_DYNAMIC_DISPATCH(convolve_by_channels)(lines, line, x, weights, bias, channels, y);
}

void convolve_lines(const WindowLines& lines, const float* x, const float* weights,
                    const float* bias, std::int64_t channels, float* y) {
  HWY_DYNAMIC_DISPATCH(convolve_by_outputs)(lines, x, weights, bias, channels, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
