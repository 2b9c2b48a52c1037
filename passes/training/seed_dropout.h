#pragma once

#include <cstdint>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// Spells the graph's Dropout nodes that are in training mode by other operators, whose random
/// numbers depend on `seed`, the node's place and `counter` (a double scalar) alone: a step that is
/// repeated drops the same elements. Without a counter nothing is dropped.
void seed_dropout(GraphBuilder& g, Value* counter, std::int64_t seed);

}  // namespace gatefold
