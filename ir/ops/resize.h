#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace gatefold::ops {

/// The inputs of a Resize as numbers; an empty list is an input that is not given.
struct ResizeInputs {
  std::vector<double> roi;
  std::vector<float> scales;
  std::vector<std::int64_t> sizes;
};

/// How one axis is resized: position i of the result is the sum over k < taps of
/// weights[i taps + k] times the input at indices[i taps + k].
struct ResizeAxis {
  std::int64_t axis = 0;
  std::int64_t taps = 1;
  std::vector<std::int64_t> indices = {};
  std::vector<double> weights = {};
  /// Positions that lie outside the input and become extrapolation_value; empty when none do.
  std::vector<std::int64_t> outside = {};
};

/// The axes that a Resize node changes, for an input and a result of the given extents. Axes are
/// resized one after the other, in any order.
std::vector<ResizeAxis> resize_axes(const Node& node, const ResizeInputs& inputs, const Dims& from,
                                    const Dims& to);

/// Resizes one axis: `source` is [outer, extent, inner], `target` [outer, new extent, inner].
template <typename T, typename Weight>
void resize_axis(const ResizeAxis& axis, const std::vector<Weight>& weights, std::int64_t outer,
                 std::int64_t extent, std::int64_t inner, const T* source, T* target) {
  const std::int64_t positions = static_cast<std::int64_t>(axis.indices.size()) / axis.taps;
  for (std::int64_t o = 0; o < outer; ++o, source += extent * inner) {
    for (std::int64_t i = 0; i < positions; ++i, target += inner) {
      const std::int64_t* indices = axis.indices.data() + i * axis.taps;
      const Weight* weight = weights.data() + i * axis.taps;
      const T* first = source + indices[0] * inner;
      if (axis.taps == 1) {
        for (std::int64_t j = 0; j < inner; ++j) target[j] = first[j];
        continue;
      }
      for (std::int64_t j = 0; j < inner; ++j) target[j] = static_cast<T>(weight[0] * first[j]);
      for (std::int64_t k = 1; k < axis.taps; ++k) {
        const T* row = source + indices[k] * inner;
        for (std::int64_t j = 0; j < inner; ++j) {
          target[j] += static_cast<T>(weight[k] * row[j]);
        }
      }
    }
  }
}

}  // namespace gatefold::ops
