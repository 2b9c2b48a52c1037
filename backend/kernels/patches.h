#pragma once

#include <algorithm>
#include <cstdint>

#include "ir/ops/spatial_window.h"

namespace gatefold::native {

/// The windows are single elements of X, all of them in order.
inline bool is_pointwise(const Windows& windows) {
  return std::all_of(windows.begin(), windows.end(), [](const AxisWindow& window) {
    return window.kernel == 1 && window.stride == 1 && window.pad_begin == 0 &&
           window.output == window.input;
  });
}

/// What the windows over some channels of X see, as a matrix [channels * taps, outputs].
class Patches {
 public:
  explicit Patches(const Windows& windows)
      : windows_(windows),
        inputs_(input_count(windows)),
        outputs_(output_count(windows)),
        taps_(tap_count(windows)) {}

  std::int64_t inputs() const { return inputs_; }    ///< Elements of a channel of X.
  std::int64_t outputs() const { return outputs_; }  ///< Windows.
  std::int64_t taps() const { return taps_; }        ///< Elements of a window.

  /// X itself is the matrix: windows of one element each that are all elements in order, or a
  /// single window.
  bool is_x() const {
    return is_pointwise(windows_) ||
           std::all_of(windows_.begin(), windows_.end(), [](const AxisWindow& window) {
             return window.output == 1 && window.kernel == window.input && window.dilation == 1 &&
                    window.pad_begin == 0 && window.pad_end == 0;
           });
  }

  /// `row` elements lie between the starts of two rows of the matrix.
  void gather(const float* x, std::int64_t channels, float* patches, std::int64_t row) const {
    if (has_padding()) {
      for (std::int64_t i = 0; i < channels * taps_; ++i) {
        std::fill_n(patches + i * row, outputs_, 0.0F);
      }
    }
    const std::int64_t step = windows_[2].stride;
    for (std::int64_t c = 0; c < channels; ++c, x += inputs_, patches += taps_ * row) {
      for_each_tap_line(windows_, [&](std::int64_t tap, std::int64_t input, std::int64_t output,
                                      std::int64_t count) {
        float* target = patches + tap * row + output;
        const float* source = x + input;
        if (step == 1) {
          std::copy_n(source, count, target);
        } else {
          for (std::int64_t i = 0; i < count; ++i) target[i] = source[i * step];
        }
      });
    }
  }

 private:
  bool has_padding() const {
    return std::any_of(windows_.begin(), windows_.end(), [](const AxisWindow& window) {
      return window.pad_begin > 0 || window.pad_end > 0;
    });
  }

  Windows windows_;
  std::int64_t inputs_;
  std::int64_t outputs_;
  std::int64_t taps_;
};

}  // namespace gatefold::native
