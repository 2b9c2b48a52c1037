#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/ops/spatial_window.h"

/// Convolution without a matrix of patches. It goes along lines of outputs (all outputs of the last
/// axis at one place of the others) that read their input in steps of 1.
namespace gatefold::plain {

/// Where windows find their input: tap k of output o of line l is x[lines[l] + taps[k] + o].
struct ConvLines {
  std::vector<std::int64_t> taps;
  std::vector<std::int64_t> lines;
  std::int64_t width = 0;  ///< Outputs of a line.

  std::int64_t output_count() const { return static_cast<std::int64_t>(lines.size()) * width; }
};

/// The input channels of one group as ConvLines want them: with the padding around them, and, where
/// the last axis has stride s, with the elements that lie s apart side by side: line element
/// p * s + q is element q * pitch + p.
class PaddedPlanes {
 public:
  PaddedPlanes(const Windows& windows, std::int64_t channels);

  /// X itself lies like this.
  bool is_x() const;
  /// Elements, with some behind the last plane that may be read but mean nothing.
  std::int64_t size() const;
  ConvLines lines() const;
  /// `planes` has size() elements.
  void copy(const float* x, float* planes) const;

 private:
  void copy_line(const float* x, float* line) const;

  Windows windows_;
  std::int64_t channels_;
  std::array<std::int64_t, kMaxSpatialAxes> extents_{};  // With padding, as far as it is read.
  std::int64_t pitch_;
};

// Both functions below compute some output channels from all input channels of their group: Y[m, o]
// is the sum of bias[m] (0 where bias is nullptr) and the taps' values times their weights. `y`
// stands at the first of the channels.

/// Output channels that convolve_line computes at a time, at most: its vectors are of channels.
std::int64_t conv_panel_width();

/// One line of up to conv_panel_width() channels. Tap k of channel m has the weight
/// weights[k * conv_panel_width() + m].
void convolve_line(const ConvLines& lines, std::int64_t line, const float* x, const float* weights,
                   const float* bias, std::int64_t channels, float* y);

/// Output channels that convolve_lines computes at a time, at most: its vectors are of outputs.
inline constexpr std::int64_t kConvChannels = 4;

/// All lines of up to kConvChannels channels. Tap k of channel m has the weight
/// weights[m * taps.size() + k]. Reads up to a vector behind the last element it needs.
void convolve_lines(const ConvLines& lines, const float* x, const float* weights, const float* bias,
                    std::int64_t channels, float* y);

}  // namespace gatefold::plain
