#pragma once

#include <cstddef>
#include <optional>

#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// Numbers of a Loop's inputs, of its body's inputs and of its body's outputs.
namespace loop_port {
enum : std::size_t { kTripCount = 0, kCondition = 1, kIteration = 0, kNextCondition = 0 };
}  // namespace loop_port

/// Turns what is known of a Loop's condition into its trip count: a course that depends on the
/// iteration number only, and a bound that the number stays below. True when anything changed.
bool simplify_condition(const LoopView& loop, PassContext& context);

/// Slice in the body of a loop, of one row that is surely there -> Gather, which tells so.
std::optional<Replacement> row_of_slice(Node& slice, Rewriter& rewriter);

}  // namespace gatefold
