#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "ir/tensor.h"

namespace gatefold {

/// For each axis of the data of a Reduce* node: whether the node reduces it. `axes` is the second
/// input, nullptr when the node has none. Throws Error: an axis outside the data or named twice.
std::vector<bool> reduced_axes(const Node& node, std::int64_t rank, const Tensor* axes);

/// The extents left of `shape` by a reduction of the marked axes.
template <typename Extents>
Extents reduced_extents(const Extents& shape, const std::vector<bool>& is_reduced, bool keep) {
  Extents result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!is_reduced[i]) {
      result.push_back(shape[i]);
    } else if (keep) {
      result.push_back(1);
    }
  }
  return result;
}

}  // namespace gatefold
