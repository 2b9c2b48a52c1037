#pragma once

#include <cstdint>

#include "backend/simd/window_lines.h"

/// Convolution along lines of outputs.
namespace gatefold::native {

// Both functions below compute some output channels from all input channels of their group: Y[m, o]
// is the sum of bias[m] (0 where bias is nullptr) and the taps' values times their weights. `y`
// stands at the first of the channels.

/// Output channels that convolve_line computes at a time, at most: its vectors are of channels.
std::int64_t conv_panel_width();

/// One line of up to conv_panel_width() channels. Tap k of channel m has the weight
/// weights[k * conv_panel_width() + m].
void convolve_line(const WindowLines& lines, std::int64_t line, const float* x,
                   const float* weights, const float* bias, std::int64_t channels, float* y);

/// Output channels that convolve_lines computes at a time, at most: its vectors are of outputs.
inline constexpr std::int64_t kConvChannels = 4;

/// All lines of up to kConvChannels channels. Tap k of channel m has the weight
/// weights[m * taps.size() + k]. Reads up to a vector behind the last element it needs.
void convolve_lines(const WindowLines& lines, const float* x, const float* weights,
                    const float* bias, std::int64_t channels, float* y);

}  // namespace gatefold::native
