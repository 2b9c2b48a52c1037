#pragma once

#include <optional>

#include "passes/rewriting/rewrite.h"

/// Rules of collapse-moves for rows (entries along one axis) that Concat or ScatterND put together
/// and that are read apart again.
namespace gatefold::passes {

using Result = std::optional<Replacement>;

/// Gather of a known row of a Concat or ScatterND -> that row of the part that holds it
Result row_of_parts(Node& gather, Rewriter& rewriter);
/// Slice of a Concat, whole parts or rows of one -> the parts or the rows
Result rows_of_parts(Node& slice, Rewriter& rewriter);
/// Split of a Concat where it was joined -> the parts
Result split_of_parts(Node& split, Rewriter& rewriter);
/// ScatterND after ScatterND into ranges of one axis -> Concat of what is left of each
Result scatters_of_parts(Node& scatter, Rewriter& rewriter);

}  // namespace gatefold::passes
