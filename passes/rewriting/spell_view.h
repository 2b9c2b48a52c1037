#pragma once

#include "ir/view.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// Builds a value of the extents of a view that holds its elements, with the fewest operators.
Value* spell(Rewriter& rewriter, const View& view);

}  // namespace gatefold
