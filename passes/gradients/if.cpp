#include "passes/gradients/gradient_table.h"
#include "passes/gradients/replay.h"

namespace gatefold::gradients {
namespace {

/// The branch once more, with the gradients of `targets` as its outputs.
SubGraph differentiate_branch(GradientBuilder& g, const Node& node, const Graph& branch,
                              const Gradients& dY, std::span<Value* const> targets) {
  Graph::ValueMap map;
  SubGraph copy = copy_to_replay(g, node, branch, map);
  std::vector<Value*> results;
  for (std::size_t i = 0; i < dY.size(); ++i) results.push_back(copy->outputs()[i].value);
  const Gradients gradients = differentiate_body(node, *copy, results, dY, targets);
  erase_outputs(*copy);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    copy->add_output(g.graph().unique_name(gradient_name(*targets[i])), gradients[i]);
  }
  return copy;
}

// Another If on the same condition, whose branches compute what they need once more.
// Forward:  y = f(captured) if cond, else h(captured)
// Backward: dcaptured = f'(captured) dy if cond, else h'(captured) dy
Gradients if_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const std::vector<Value*> captured = captured_values(node);
  std::vector<Value*> targets;
  for (Value* value : captured) {
    if (g.wants(value)) targets.push_back(value);
  }
  Attrs branches;
  for (const std::string_view name : {"then_branch", "else_branch"}) {
    branches[std::string(name)] = differentiate_branch(g, node, node.attr_graph(name), dY, targets);
  }
  const Node* backward = g.add_node("If", {node.input(0)}, targets.size(), std::move(branches));
  Gradients dX(node.input_count() + captured.size());
  std::size_t output = 0;
  for (std::size_t i = 0; i < captured.size(); ++i) {
    if (g.wants(captured[i])) dX[node.input_count() + i] = backward->output(output++);
  }
  return dX;
}

}  // namespace

std::vector<GradientEntry> if_then_else() { return {{.op = "If", .rule = if_rule}}; }

}  // namespace gatefold::gradients
