#pragma once

#include <cstdint>
#include <optional>

#include "ir/graph.h"
#include "passes/pass.h"

namespace gatefold {

/// Indices first, first + step, .. below last: columns of a matrix or elements of a vector.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;

  std::int64_t size() const { return (last - first + step - 1) / step; }
  std::int64_t at(std::int64_t i) const { return first + i * step; }
  IndexRange shifted(std::int64_t offset) const { return {first + offset, last + offset, step}; }
  /// The same indices where index i stands for start + i * stride.
  IndexRange spread(std::int64_t start, std::int64_t stride) const {
    return {start + first * stride, start + (last - 1) * stride + 1, step * stride};
  }
  bool operator==(const IndexRange&) const = default;
};

/// One matrix of a value with three axes: the one at `index` along axis 0 or 1.
struct Plane {
  std::int64_t axis = 0;
  std::int64_t index = 0;
};

/// Columns of a matrix, or of one plane.
struct ColumnCut {
  Value* source = nullptr;
  IndexRange columns;
  std::optional<Plane> plane = {};
};

/// The last extent of the value is known.
bool has_known_columns(const Value& value);

/// Where the columns are taken from when the producer of the source is a Split, a Slice, a Gather
/// or a Concat of columns or planes, or moves planes about: a Transpose, an Unsqueeze, a Reshape
/// [N, G * H] -> [N, G, H] of which a plane is taken or [N, H * G] -> [N, H, G] of which every G-th
/// column is. Nothing for other producers.
std::optional<ColumnCut> behind_cut(const ColumnCut& cut, const PassContext& context);

}  // namespace gatefold
