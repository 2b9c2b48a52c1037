#include "passes/gradients/replay.h"

#include "ir/error.h"

namespace gatefold::gradients {
namespace {

/// Without the input that says so Dropout drops nothing.
bool draws(const Node& node) {
  return node.op().is_random && (node.op().name != "Dropout" || node.input(2) != nullptr);
}

void refuse_random(const Node& outer, const Graph& body) {
  for (const auto& node : body.nodes()) {
    if (draws(*node)) {
      fail("{}: its sub-graph cannot be differentiated: {} draws random numbers there",
           outer.describe(), node->describe());
    }
    for (const Graph* inner : node->sub_graphs()) refuse_random(outer, *inner);
  }
}

}  // namespace

SubGraph copy_to_replay(GradientBuilder& g, const Node& node, const Graph& body,
                        Graph::ValueMap& map) {
  refuse_random(node, body);
  return body.clone(&g.graph(), map);
}

Gradients differentiate_body(const Node& node, Graph& body, std::span<Value* const> y,
                             const Gradients& dy, std::span<Value* const> targets) {
  try {
    Gradients gradients = differentiate(body, nodes_behind(body), y, dy, targets);
    GraphBuilder builder(body);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i] == nullptr) gradients[i] = builder.zeros_like(*targets[i]);
    }
    return gradients;
  } catch (const Error& error) {
    fail("in a sub-graph of {}: {}", node.describe(), error.what());
  }
}

void erase_outputs(Graph& graph) {
  while (!graph.outputs().empty()) graph.erase_output(graph.outputs().size() - 1);
}

}  // namespace gatefold::gradients
