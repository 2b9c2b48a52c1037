#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// How the sub-graphs of a graph hang together with it.
struct SubGraphMap {
  /// A sub-graph delivers a value as its output number `index`.
  struct Delivery {
    Node* node;
    const Graph* sub_graph;
    std::size_t index;
  };

  explicit SubGraphMap(const Graph& graph);

  std::unordered_map<const Graph*, Node*> holders;  ///< The node that holds a sub-graph.
  std::unordered_map<const Value*, std::vector<Delivery>> deliveries;

 private:
  void add(const Graph& graph);
};

/// The values of a graph and its sub-graphs from which gradients flow to `results`, values of the
/// graph: by the operators' entries (see GradientEntry), into branches, and from one iteration of a
/// loop to the one before.
std::unordered_set<const Value*> values_on_gradient_paths(const SubGraphMap& sub_graphs,
                                                          std::span<Value* const> results);

/// Whether gradients flow from the outputs of a node to its input `index`.
bool flows_to_input(const Node& node, std::size_t index);

}  // namespace gatefold
