#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ir/view.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// One operator of a spelling, with the constant lists that it reads behind its first input, or for
/// a Transpose its perm, and for a Gather its index and its axis.
struct SpelledMove {
  std::string_view op;
  std::vector<std::vector<std::int64_t>> lists;
};

/// The operators that make a view of its source, in order: at most a Reshape that splits axes, a
/// Slice, Gathers of single entries, a Squeeze, a Transpose, an Unsqueeze and an Expand.
using Spelling = std::vector<SpelledMove>;

/// Returns the fewest such operators that make a view; nothing where they cannot or where an extent
/// that is known would not be known of their result.
std::optional<Spelling> spelling_of(const View& view);

/// What a spelling costs: above all how often elements are copied.
std::int64_t cost_of(const Spelling& spelling);
/// What one operator costs that has that many inputs, axes or entries in its lists; 0 for those
/// that make something new or are left as they are: Identity and DepthToSpace.
std::int64_t cost_of(std::string_view op, std::size_t inputs);

/// Adds the operators of a spelling and returns their result, the source itself where there are
/// none.
Value* spell(Rewriter& rewriter, Value* source, const Spelling& spelling);
/// Spells a view; nullptr where it has no spelling.
Value* spell(Rewriter& rewriter, const View& view);

}  // namespace gatefold
