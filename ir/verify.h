#pragma once

#include "ir/graph.h"

namespace gatefold {

/// Checks that the graph is sound, sub-graphs included: every node reads values that stand before
/// it, use lists match what nodes read and graphs deliver, names are unique where they are visible,
/// and inferring each node again gives the types it has. Throws Error naming the first node or
/// value that is wrong.
void verify(const Graph& graph);

}  // namespace gatefold
