#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold::tools {

/// Adds the values that nodes of a graph compute and whose names match one of the patterns (*, ?,
/// [...]) to its outputs, under their names. Values of sub-graphs, which have one for each
/// iteration, cannot be had. Throws Error for a pattern that no value matches.
void add_inner_outputs(Graph& graph, const std::vector<std::string>& patterns);

}  // namespace gatefold::tools
