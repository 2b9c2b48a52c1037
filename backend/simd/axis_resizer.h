#pragma once

#include <cstdint>
#include <vector>

#include "ir/ops/resize.h"

namespace gatefold::native {

/// Resizes one axis of float tensors [outer, extent, inner] to [outer, positions, inner]: a
/// position is a weighted sum of some of the axis, its taps.
class AxisResizer {
 public:
  AxisResizer(const ops::ResizeAxis& axis, std::int64_t extent, std::int64_t inner);

  std::int64_t input_count() const { return extent_ * inner_; }
  std::int64_t output_count() const { return positions_ * inner_; }

  /// Resizes `outer` parts, one behind the other. `y` must not overlap `x`.
  void run(std::int64_t outer, const float* x, float* y) const;

  /// Vectors of neighbouring positions where the axis is the last one, tap after tap: element i of
  /// tap k of vector v is x[starts[v] + places[(v taps + k) lanes + i]], and so are its weights.
  struct Lines {
    std::int64_t positions = 0;
    std::int64_t taps = 1;
    bool is_near = false;  ///< What a vector reads lies within a vector from its start on.
    std::vector<std::int64_t> starts = {};
    std::vector<std::int32_t> places = {};
    std::vector<float> weights = {};  ///< Empty for a single tap, which is copied.
  };

 private:
  void prepare_lines(const ops::ResizeAxis& axis);
  void resize_rows(const float* x, float* y) const;

  std::int64_t extent_;
  std::int64_t inner_;
  std::int64_t taps_;
  std::int64_t positions_;
  std::vector<std::int64_t> rows_;  ///< Where each position's taps begin.
  std::vector<float> weights_;
  Lines lines_;
};

}  // namespace gatefold::native
