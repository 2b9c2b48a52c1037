#pragma once

#include <optional>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// The gradient of a table of which only some rows are used, without the others, which are zero.
struct RowGradient {
  Value* rows;     ///< [M, b..]; of a row that is used several times, one holds all, others zero.
  Value* indices;  ///< int64 [M, 1]: which rows of the table they are, as ScatterND takes them.
};

/// The gradient by rows, where its producers are backward steps of Gather along axis 0, or a sum of
/// such; else nothing.
std::optional<RowGradient> rows_of(GraphBuilder& g, const Value& gradient);

}  // namespace gatefold
