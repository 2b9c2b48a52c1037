#include <string>
#include <unordered_set>
#include <vector>

#include "ir/error.h"
#include "passes/gradients/gradients.h"
#include "passes/passes.h"

namespace gatefold::passes {

bool build_backward(Graph& graph, PassContext& context) {
  if (graph.outputs().empty() || !context.allow_rewrite()) return false;
  std::vector<Value*> parameters;
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) parameters.push_back(value.get());
  }
  std::unordered_set<std::string> known;
  for (const Graph::Output& output : graph.outputs()) known.insert(output.name);
  std::erase_if(parameters, [&known](const Value* parameter) {
    return known.count(gradient_name(*parameter)) > 0;
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
