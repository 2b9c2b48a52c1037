#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

// Erases unused initializers; parameters too, unless they are wanted for training.
bool erase_unused_values(Graph& graph, const PassContext& context) {
  std::vector<Value*> unused;
  for (const auto& value : graph.initializers()) {
    const bool may_go = !context.training || value->kind() == Value::Kind::kConstant;
    if (!value->is_used() && may_go) unused.push_back(value.get());
  }
  for (Value* value : unused) graph.erase_value(value);
  return !unused.empty();
}

// Nobody reads these outputs; kernels then need not make them. ONNX wants all outputs of a variadic
// port, as of Split and Loop.
bool drop_unused_outputs(Node& node) {
  const auto& ports = node.op().outputs;
  bool changed = false;
  for (std::size_t i = node.output_count(); i-- > 0;) {
    if (ports[std::min(i, ports.size() - 1)].arity == Port::Arity::kVariadic) continue;
    if (node.output(i) == nullptr || node.output(i)->is_used()) continue;
    node.drop_output(i);
    changed = true;
  }
  return changed;
}

bool is_used(const Node& node) {
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr && node.output(i)->is_used()) return true;
  }
  return false;
}

}  // namespace

bool remove_dead(Graph& graph, PassContext& context) {
  bool changed = false;
  for (auto position = graph.nodes().end(); position != graph.nodes().begin();) {
    Node& node = **--position;
    if (!is_used(node)) {
      ++position;
      graph.erase_node(&node);
      changed = true;
      continue;
    }
    changed = drop_unused_outputs(node) || changed;
    for (Graph* body : node.sub_graphs()) changed = remove_dead(*body, context) || changed;
  }
  return erase_unused_values(graph, context) || changed;
}

}  // namespace gatefold::passes
