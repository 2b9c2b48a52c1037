#pragma once

#include <cstdint>

#include "ir/error.h"
#include "ir/graph.h"

namespace gatefold::native {

[[noreturn]] inline void refuse_index(const Node& node, std::int64_t index, std::int64_t extent,
                                      std::int64_t axis) {
  fail("{}: index {} is outside [{}, {}), the extent of axis {} of the data", node.describe(),
       index, -extent, extent, axis);
}

/// `index` counted from the start of an axis, negative ones from its end. Throws Error when outside
/// [-extent, extent).
inline std::int64_t checked_index(const Node& node, std::int64_t index, std::int64_t extent,
                                  std::int64_t axis) {
  if (index < -extent || index >= extent) refuse_index(node, index, extent, axis);
  return index < 0 ? index + extent : index;
}

}  // namespace gatefold::native
