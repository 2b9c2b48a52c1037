#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/ops/spatial_window.h"

/// Sliding windows without a matrix of patches. It goes along lines of outputs (all outputs of the
/// last axis at one place of the others) that read their input in steps of 1.
namespace gatefold::native {

/// Where windows find their input: tap k of output o of line l is x[lines[l] + taps[k] + o].
struct WindowLines {
  std::vector<std::int64_t> taps;
  std::vector<std::int64_t> lines;
  std::int64_t width = 0;  ///< Outputs of a line.

  std::int64_t output_count() const { return static_cast<std::int64_t>(lines.size()) * width; }
};

/// Some channels of X [N,C,s..] as WindowLines want them: with the padding around them, and, where
/// the last axis has stride s, with the elements that lie s apart side by side: line element
/// p * s + q is element q * pitch + p.
class PaddedPlanes {
 public:
  PaddedPlanes(const Windows& windows, std::int64_t channels);

  /// X itself lies like this.
  bool is_x() const;
  /// Elements, with some behind the last plane that may be read but mean nothing.
  std::int64_t size() const;
  WindowLines lines() const;
  /// Elements from one channel to the next.
  std::int64_t plane_size() const { return extents_[0] * extents_[1] * extents_[2]; }
  /// `planes` has size() elements. Padding becomes `padding`.
  void copy(const float* x, float* planes, float padding = 0) const;

 private:
  /// The elements of a line that lie the stride apart: element p is x[p * stride + first], where
  /// p lies in [begin, end), else padding.
  struct Phase {
    std::int64_t first = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  Phase place_phase(std::int64_t number) const;
  void copy_line(const float* x, float* line, float padding) const;

  Windows windows_;
  std::int64_t channels_;
  std::array<std::int64_t, kMaxSpatialAxes> extents_{};  // With padding, as far as it is read.
  std::int64_t pitch_;
  std::vector<Phase> phases_;
};

}  // namespace gatefold::native
