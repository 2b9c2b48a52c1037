#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "passes/rewriting/graph_builder.h"
#include "passes/training/row_gradient.h"

/// Rows of tables that no gradient changes, as the vector of the token that pads sequences.
namespace gatefold {

/// The row of each table, by the table's name.
using PaddingRows = std::map<std::string, std::int64_t>;

/// Returns the rows counted from the front; below 0 they are counted from the end. Throws Error for
/// a name that no floating-point tensor of the model has, and for a row that the table lacks.
PaddingRows checked_padding(const Graph& model, const PaddingRows& padding);

/// Returns the gradient of a table with zeros in a row.
Value* without_row(GraphBuilder& g, Value* gradient, const Dims& table, std::int64_t row);

/// The same for a gradient by rows.
RowGradient without_row(GraphBuilder& g, const RowGradient& gradient, const Dims& table,
                        std::int64_t row);

}  // namespace gatefold
