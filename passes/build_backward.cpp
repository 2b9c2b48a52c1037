#include <vector>

#include "ir/value_names.h"
#include "passes/gradients/gradients.h"
#include "passes/passes.h"
#include "passes/training/model_parts.h"

namespace gatefold::passes {

bool build_backward(Graph& graph, PassContext& context) {
  if (graph.outputs().empty() || !context.allow_rewrite()) return false;
  std::vector<Value*> parameters = parameters_of(graph);
  std::erase_if(parameters, [&graph](const Value* parameter) {
    return find_output(graph, gradient_name(*parameter)) != nullptr;
  });
  if (parameters.empty()) return false;
  const Gradients gradients =
      add_gradients(graph, *graph.outputs().front().value, nullptr, parameters);
  bool changed = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (gradients[i] == nullptr) continue;
    graph.add_output(gradient_name(*parameters[i]), gradients[i]);
    changed = true;
  }
  return changed;
}

}  // namespace gatefold::passes
