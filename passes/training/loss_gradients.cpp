#include "passes/training/loss_gradients.h"

#include <algorithm>

#include "ir/error.h"
#include "passes/gradients/gradients.h"
#include "passes/training/model_parts.h"

namespace gatefold {
namespace {

Value* add_weighted_sum(GraphBuilder& g) {
  std::vector<Value*> sums;
  for (const Graph::Output& output : g.graph().outputs()) {
    const Type& type = output.value->type();
    if (!type.is_tensor() || !is_float(type.dtype)) continue;
    Value* r = g.graph().add_input(g.graph().unique_name(output.name + "_weights"), type);
    const Term product = Term(g, r) * Term(g, output.value);
    const Term sum = product.apply("ReduceSum", Attrs{{"keepdims", std::int64_t{0}}});
    sums.push_back(g.add("Cast", {sum}, {{"to", static_cast<std::int64_t>(DataType::kFloat32)}}));
  }
  if (sums.empty()) fail("the model has no floating-point output to differentiate");
  return sums.size() == 1 ? sums.front() : g.add("Sum", sums);
}

/// Makes the loss the only output.
Value* end_in_loss(Graph& graph, const std::optional<LossSpec>& spec) {
  GraphBuilder g(graph);
  Value* loss = spec ? add_loss(g, *spec) : add_weighted_sum(g);
  while (!graph.outputs().empty()) graph.erase_output(graph.outputs().size() - 1);
  graph.add_output("loss", loss);
  return loss;
}

}  // namespace

std::shared_ptr<Graph> build_loss(const Graph& model, const LossQuestion& question) {
  std::shared_ptr<Graph> graph = model.clone();
  make_parameters(*graph, question.parameters);
  end_in_loss(*graph, question.loss);
  for (Value* parameter : find_parameters(*graph, question.parameters)) {
    turn_into_input(*graph, *parameter);
  }
  return graph;
}

std::shared_ptr<Graph> build_loss_gradients(const Graph& model, const LossQuestion& question) {
  std::shared_ptr<Graph> graph = prepare_for_training(model, question.parameters);
  Value* loss = end_in_loss(*graph, question.loss);
  const std::vector<Value*> parameters = find_parameters(*graph, question.parameters);
  std::vector<Value*> targets = parameters;
  const std::vector<Value*> inputs = find_inputs(*graph, question.inputs);
  targets.insert(targets.end(), inputs.begin(), inputs.end());
  const Gradients gradients = add_gradients(*graph, *loss, nullptr, targets);
  GraphBuilder g(*graph);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Value* gradient = gradients[i] == nullptr ? g.zeros_like(*targets[i]) : gradients[i];
    graph->add_output(gradient_name(*targets[i]), gradient);
  }
  for (Value* parameter : parameters) turn_into_input(*graph, *parameter);
  return graph;
}

}  // namespace gatefold
