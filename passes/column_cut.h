#pragma once

#include <cstdint>
#include <optional>

#include "ir/graph.h"
#include "passes/pass.h"

namespace gatefold {

/// Columns [first, last) of a matrix or vector.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::int64_t size() const { return last - first; }
  bool operator==(const IndexRange&) const = default;
};

/// Columns of a value.
struct ColumnCut {
  Value* source = nullptr;
  IndexRange columns;
};

/// The last extent of the value is known.
bool has_known_columns(const Value& value);

/// Where columns of `value` are taken from when its producer is a Split, a Slice, a Gather or a
/// Concat of columns, or a Gather of one of the blocks that a Reshape [N, G * H] -> [N, G, H]
/// makes; nothing for other producers.
std::optional<ColumnCut> behind_cut(const Value& value, IndexRange columns,
                                    const PassContext& context);

}  // namespace gatefold
