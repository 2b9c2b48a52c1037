#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "ir/graph.h"

namespace gatefold {

/// How many nodes of a graph a drawing shows, and how many it leaves out: those that compute with
/// weights alone, such as one that changes the order of gates.
struct DrawnNodes {
  std::size_t shown = 0;
  std::size_t left_out = 0;
};
DrawnNodes drawn_nodes(const Graph& graph);

/// Whether the graph has so few nodes that a drawing can be read.
bool is_drawable(const Graph& graph);

/// Draws a graph as SVG, from the inputs at the top to the outputs at the bottom. A box shows the
/// operator, the type of its first output, and how many numbers of weights go into it; what stands
/// in a sub-graph is one box. Colours tell recurrent layers and loops, nodes with weights, and
/// other nodes apart.
std::string draw_graph(const Graph& graph, const std::string& title);

/// A graph, and what stands above it in a drawing.
struct TitledGraph {
  const Graph* graph = nullptr;
  std::string title;
};
/// Draws graphs beside one another in one picture, from left to right.
std::string draw_graphs(std::span<const TitledGraph> graphs);

}  // namespace gatefold
