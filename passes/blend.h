#pragma once

#include <optional>

#include "passes/rewrite.h"

namespace gatefold {

/// A value read as gate * weighed + (1 - gate) * other; nullptr for a zero that has vanished.
struct Blend {
  Value* gate = nullptr;
  Value* weighed = nullptr;
  Value* other = nullptr;

  bool operator==(const Blend&) const = default;
};

/// Reads the result of an Add or a Sub as a blend in one of its many spellings, of a Mul as one
/// that a zero has vanished from.
std::optional<Blend> read_blend(const Node& node, const PassContext& context);

/// What 1 - a is made of, as 1 - a, 1 + -a or -(a - 1); nullptr for other values.
Value* read_complement(const Value* value, const PassContext& context);

}  // namespace gatefold
