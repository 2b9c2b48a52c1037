#pragma once

#include <cstdint>

#include "ir/inline_vector.h"
#include "ir/type.h"

namespace gatefold {

/// Axes of a tensor that are walked as one: `extent` elements, `stride` apart.
struct AxisWalk {
  std::int64_t extent = 1;
  std::int64_t stride = 0;
};

/// The walks that axes make up, from the inside out. Axes of one element are none.
inline InlineVector<AxisWalk> join_axes(const Dims& dims, const Dims& strides) {
  InlineVector<AxisWalk> walks;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i] == 1) continue;
    if (!walks.empty() && strides[i] == walks.back().stride * walks.back().extent) {
      walks.back().extent *= dims[i];
    } else {
      walks.push_back({dims[i], strides[i]});
    }
  }
  return walks;
}

}  // namespace gatefold
