#pragma once

#include <cstdint>
#include <string_view>

#include "ir/type.h"

namespace gatefold {

/// `index` counted from the start of an axis, negative ones from its end. Fails through `context`
/// (InferContext, EvaluateContext) when outside [-extent, extent).
template <typename Context>
std::int64_t checked_index(const Context& context, std::int64_t index, std::int64_t extent,
                           std::int64_t axis) {
  if (index < -extent || index >= extent) {
    context.fail("index {} is outside [{}, {}), the extent of axis {} of the data", index, -extent,
                 extent, axis);
  }
  return index < 0 ? index + extent : index;
}

/// Checks that the indices of GatherElements or ScatterElements have the rank of the data and stay
/// within its extents on every axis but `axis`.
template <typename Context>
void check_element_indices(const Context& context, const Shape& data, const Shape& indices,
                           std::int64_t axis) {
  if (data.size() != indices.size()) {
    context.fail("indices {} and data {} must have equally many dimensions", to_string(indices),
                 to_string(data));
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool is_known = data[i].is_known() && indices[i].is_known();
    if (!is_known || static_cast<std::int64_t>(i) == axis) continue;
    if (indices[i].size() > data[i].size()) {
      context.fail("indices {} must not exceed data {} on axis {}", to_string(indices),
                   to_string(data), i);
    }
  }
}

/// Extents as a shape.
inline Shape shape_of(const Dims& dims) { return {dims.begin(), dims.end()}; }

}  // namespace gatefold
