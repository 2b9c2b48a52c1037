#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"
#include "passes/training/model_parts.h"

namespace gatefold::passes {
namespace {

// Constants and whatever stands outside the body are the same in each iteration. A loop that never
// runs then computes for nothing what its body would have.
bool is_invariant(const Node& node, const Graph& body) {
  if (node.op().is_random || !node.sub_graphs().empty()) return false;
  const auto& inputs = node.inputs();
  return std::all_of(inputs.begin(), inputs.end(), [&](const Value* input) {
    return input == nullptr || input->graph() != &body || input->has_data();
  });
}

// The constants of the body that the node reads must be outside as well.
void copy_constants(const Node& node, Graph& graph, Graph::ValueMap& map) {
  for (const Value* input : node.inputs()) {
    if (input == nullptr || !input->has_data() || input->graph() != node.graph()) continue;
    if (map.contains(input)) continue;
    map[input] = graph.add_constant(graph.unique_name(input->name()), *input->data());
  }
}

// Weights belong to the outer graph.
bool move_parameters(Graph& body, Graph& graph, PassContext& context) {
  bool changed = false;
  for (Value* value : parameters_of(body)) {
    if (!context.allow_rewrite()) break;
    Value* moved = graph.add_parameter(graph.unique_name(value->name()), *value->data());
    body.replace_all_uses(value, moved);
    body.erase_value(value);
    changed = true;
  }
  return changed;
}

bool hoist_from(Node& loop, PassContext& context) {
  Graph& body = loop.attr_graph("body");
  Graph::ValueMap map;
  const bool moved = move_parameters(body, *loop.graph(), context);
  std::vector<Node*> hoisted;
  for (const auto& position : body.nodes()) {
    Node& node = *position;
    if (!is_invariant(node, body) || !context.allow_rewrite()) continue;
    copy_constants(node, *loop.graph(), map);
    const Node* copy = copy_node(node, loop, map);
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) != nullptr) body.replace_all_uses(node.output(i), copy->output(i));
    }
    hoisted.push_back(&node);
  }
  // Not before: the map must not hold values that are gone. Only constants fall with the nodes, as
  // their other inputs are from outside and still read.
  for (Node* node : hoisted) erase_if_dead(node);
  return moved || !hoisted.empty();
}

}  // namespace

bool hoist_invariants(Graph& graph, PassContext& context) {
  bool changed = false;
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) changed = hoist_invariants(*inner, context) || changed;
    if (is_loop(*node)) changed = hoist_from(*node, context) || changed;
  }
  return changed;
}

}  // namespace gatefold::passes
