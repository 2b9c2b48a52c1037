#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace gatefold::ops {

/// DepthToSpace and SpaceToDepth are reorderings of axes: the input seen with extents `dims`, read
/// with its axes in the order `axes`, is the output.
struct BlockMove {
  Dims dims;
  std::vector<std::int64_t> axes;
};

/// The reordering of a DepthToSpace or SpaceToDepth node for an input [N, C, H, W].
BlockMove block_move(const Node& node, const Dims& input);

}  // namespace gatefold::ops
