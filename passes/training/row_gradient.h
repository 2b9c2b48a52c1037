#pragma once

#include <optional>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// The gradient of a table [R, ...] of which only some rows (entries along axis 0, as the vectors
/// of an embedding) are used, without the other rows, whose gradients are zero.
struct RowGradient {
  Value* rows;     ///< [M, b..]; of a row used several times, one entry holds all, others zero.
  Value* indices;  ///< int64 [M, 1]: their rows in the table, as ScatterND takes them.
};

/// Returns the gradient by rows if it is the backward step of a Gather along axis 0, or a sum of
/// such; nothing otherwise.
std::optional<RowGradient> rows_of(GraphBuilder& g, const Value& gradient);

}  // namespace gatefold
