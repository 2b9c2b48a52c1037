#pragma once

#include <string>

#include "ir/graph.h"

namespace gatefold::tools {

/// The graph in Graphviz's language: a box per node, an edge per use, sub-graphs as clusters.
std::string graph_dot(const Graph& graph);

}  // namespace gatefold::tools
