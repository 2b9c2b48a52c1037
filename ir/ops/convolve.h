#pragma once

#include <algorithm>

#include "ir/ops/conv.h"

namespace gatefold {

/// y[o] += sum_k w[k] * x[position(o, k)] for one pair of channels.
template <typename T>
void add_channel(const Windows& windows, const T* w, const T* x, T* y) {
  const std::int64_t step = windows[2].stride;
  for_each_tap_line(
      windows, [&](std::int64_t tap, std::int64_t input, std::int64_t output, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) y[output + i] += w[tap] * x[input + i * step];
      });
}

/// Y = X * W with bias[m] added, nullptr for none: plain loops over dense X [N,C,s..],
/// W [M,C/group,k..] and Y [N,M,o..].
template <typename T>
void convolve(const ConvExtents& extents, const T* x, const T* w, const T* bias, T* y) {
  const std::int64_t inputs = input_count(extents.windows);
  const std::int64_t outputs = output_count(extents.windows);
  const std::int64_t taps = tap_count(extents.windows);
  const std::int64_t out_channels = extents.groups * extents.group_outputs;
  for (std::int64_t n = 0; n < extents.batch; ++n) {
    for (std::int64_t m = 0; m < out_channels; ++m, y += outputs) {
      std::fill_n(y, outputs, bias == nullptr ? T{} : bias[m]);
      const std::int64_t group = m / extents.group_outputs;
      for (std::int64_t c = 0; c < extents.group_inputs; ++c) {
        const std::int64_t channel = (n * extents.groups + group) * extents.group_inputs + c;
        add_channel(extents.windows, w + (m * extents.group_inputs + c) * taps,
                    x + channel * inputs, y);
      }
    }
  }
}

}  // namespace gatefold
