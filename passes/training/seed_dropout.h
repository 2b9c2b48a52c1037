#pragma once

#include <cstdint>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// Replaces the Dropout nodes in training mode by other operators, whose random numbers depend only
/// on `seed`, the node's place and `counter` (a double scalar): a repeated step drops the same
/// elements. Without a counter nothing is dropped.
void seed_dropout(GraphBuilder& g, Value* counter, std::int64_t seed);

}  // namespace gatefold
