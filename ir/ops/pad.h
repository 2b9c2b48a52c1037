#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold::ops {

/// Elements added before and after the ones of an axis; negative numbers remove.
struct AxisPads {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// One AxisPads per axis for the pads [begin.., end..] of a Pad with the given axes (empty: all).
std::vector<AxisPads> axis_pads(std::span<const std::int64_t> pads,
                                std::span<const std::int64_t> axes, std::int64_t rank);
/// The same for a CenterCropPad to extents `shape` of the given axes (empty: all).
std::vector<AxisPads> centered_pads(const Dims& dims, std::span<const std::int64_t> shape,
                                    std::span<const std::int64_t> axes);

/// The part of the input that a Pad keeps: along each axis, `count` elements from `source` on come
/// to lie from `target` on.
struct KeptRange {
  std::int64_t source = 0;
  std::int64_t target = 0;
  std::int64_t count = 0;
};
KeptRange kept_range(const AxisPads& pads, std::int64_t extent);

/// For every position along the padded axis the position in the input that it copies; -1 where mode
/// "constant" puts the constant. Modes: constant, edge, reflect, wrap. What is removed is removed
/// first and takes no part in the mirroring and wrapping.
std::vector<std::int64_t> pad_sources(std::string_view mode, const AxisPads& pads,
                                      std::int64_t extent);

}  // namespace gatefold::ops
