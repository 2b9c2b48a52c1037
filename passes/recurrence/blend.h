#pragma once

#include <optional>

#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// A value read as gate * weighed + (1 - gate) * other; nullptr for a zero that has vanished.
struct Blend {
  Value* gate = nullptr;
  Value* weighed = nullptr;
  Value* other = nullptr;

  bool operator==(const Blend&) const = default;
};

/// Reads a result of arithmetic as a blend, however its terms are spelled; a single product, which
/// a zero has vanished from, only where a Tanh is weighed.
std::optional<Blend> read_blend(const Node& node, const PassContext& context);

/// What 1 - a is made of, as 1 - a, 1 + -a or -(a - 1); nullptr for other values.
Value* read_complement(const Value* value, const PassContext& context);

/// Rewrites the Where of two spellings of the same blend, as torch.lerp has it, to the first one.
bool merge_equal_blends(Graph& graph, PassContext& context);

}  // namespace gatefold
