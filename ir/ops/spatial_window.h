#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ir/graph.h"
#include "ir/infer.h"
#include "ir/type.h"

/// Index arithmetic of windows that slide along spatial axes: convolution, its transpose, pooling.
namespace gatefold {

/// The attributes that place windows: one entry per spatial axis.
struct WindowAttrs {
  enum class AutoPad : std::int8_t { kNotSet, kSameUpper, kSameLower, kValid };

  Dims kernel;  ///< Empty when kernel_shape is not given.
  Dims strides;
  Dims dilations;
  Dims pads_begin;
  Dims pads_end;
  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil_mode = false;
};

/// Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode, those that the operator
/// has. Throws Error when their number is not `axes` or a value is out of range.
WindowAttrs read_window_attrs(const Node& node, std::size_t axes);

/// Half-open.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Windows along one axis. Tap k of the window of output o reads the input at
/// o * stride + k * dilation - pad_begin; positions outside [0, input) are padding.
struct AxisWindow {
  std::int64_t input = 1;
  std::int64_t output = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;

  /// Positions from a window's first tap to behind its last one.
  std::int64_t span() const { return (kernel - 1) * dilation + 1; }
  std::int64_t position(std::int64_t o, std::int64_t k) const {
    return o * stride + k * dilation - pad_begin;
  }
  /// The outputs whose tap k lies inside the input.
  Range outputs_of(std::int64_t k) const;
  /// The taps of output o that lie inside the input.
  Range taps_of(std::int64_t o) const;
  /// How many taps of output o lie inside the input and its padding.
  std::int64_t padded_taps_of(std::int64_t o) const;
};

/// Windows over up to three spatial axes; missing leading ones have extent 1.
inline constexpr std::size_t kMaxSpatialAxes = 3;
using Windows = std::array<AxisWindow, kMaxSpatialAxes>;

/// One axis of forward windows (convolution, pooling): finds the output's extent and the padding.
/// Throws Error when no window fits into the padded input.
AxisWindow place_window(const Node& node, const WindowAttrs& attrs, std::size_t axis,
                        std::int64_t input, std::int64_t kernel);

/// What place_window gives as the output's extent, as far as it is known.
Dim infer_window(const Node& node, const WindowAttrs& attrs, std::size_t axis, const Dim& input,
                 const Dim& kernel);

/// The windows of an operator whose input X is [N,C,spatial..]; `kernel` is the window's extents.
Windows place_windows(const Node& node, const Dims& x, const Dims& kernel);

/// Windows with the given last axes, the missing leading ones having extent 1.
Windows make_windows(const std::vector<AxisWindow>& axes);

/// The spatial extents of a [N,C,spatial..] shape. Throws Error unless there are 1 to 3 of them.
Shape spatial_shape(const InferContext& context, std::size_t input);

std::int64_t input_count(const Windows& windows);
std::int64_t output_count(const Windows& windows);
std::int64_t tap_count(const Windows& windows);

/// Calls visit(tap, input_offset, output_offset, count) for every tap and every line of outputs
/// whose tap is inside the input: `count` outputs from output_offset on, reading the input from
/// input_offset on in steps of the last axis' stride. Taps are numbered in row-major order.
template <typename Visit>
void for_each_tap_line(const Windows& windows, Visit&& visit) {
  const auto& [depth, height, width] = windows;
  std::int64_t tap = 0;
  for (std::int64_t kd = 0; kd < depth.kernel; ++kd) {
    const Range planes = depth.outputs_of(kd);
    for (std::int64_t kh = 0; kh < height.kernel; ++kh) {
      const Range rows = height.outputs_of(kh);
      for (std::int64_t kw = 0; kw < width.kernel; ++kw, ++tap) {
        const Range columns = width.outputs_of(kw);
        if (columns.begin >= columns.end) continue;
        for (std::int64_t od = planes.begin; od < planes.end; ++od) {
          for (std::int64_t oh = rows.begin; oh < rows.end; ++oh) {
            const std::int64_t input_line =
                (depth.position(od, kd) * height.input + height.position(oh, kh)) * width.input;
            const std::int64_t output_line = (od * height.output + oh) * width.output;
            visit(tap, input_line + width.position(columns.begin, kw), output_line + columns.begin,
                  columns.end - columns.begin);
          }
        }
      }
    }
  }
}

/// Which window: its place along each axis.
using WindowPlace = std::array<std::int64_t, kMaxSpatialAxes>;

/// Calls visit(place) for every window, in row-major order.
template <typename Visit>
void for_each_window(const Windows& windows, Visit&& visit) {
  for (std::int64_t od = 0; od < windows[0].output; ++od) {
    for (std::int64_t oh = 0; oh < windows[1].output; ++oh) {
      for (std::int64_t ow = 0; ow < windows[2].output; ++ow) visit(WindowPlace{od, oh, ow});
    }
  }
}

/// Calls visit(input_offset) for every tap of a window that lies inside the input.
template <typename Visit>
void for_each_tap(const Windows& windows, const WindowPlace& place, Visit&& visit) {
  const auto& [depth, height, width] = windows;
  const Range planes = depth.taps_of(place[0]);
  const Range rows = height.taps_of(place[1]);
  const Range columns = width.taps_of(place[2]);
  for (std::int64_t kd = planes.begin; kd < planes.end; ++kd) {
    for (std::int64_t kh = rows.begin; kh < rows.end; ++kh) {
      const std::int64_t line =
          (depth.position(place[0], kd) * height.input + height.position(place[1], kh)) *
          width.input;
      for (std::int64_t kw = columns.begin; kw < columns.end; ++kw) {
        visit(line + width.position(place[2], kw));
      }
    }
  }
}

}  // namespace gatefold
