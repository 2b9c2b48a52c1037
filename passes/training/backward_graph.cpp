#include "passes/training/backward_graph.h"

#include <algorithm>

#include "ir/error.h"
#include "passes/gradients/gradients.h"
#include "passes/pipeline.h"
#include "passes/training/model_parts.h"

namespace gatefold {
namespace {

constexpr std::string_view kTidyingPasses =
    "fold-constants,remove-identities,merge-duplicates,remove-dead";

/// What is differentiated, under the name that callers know.
Graph::Output differentiated(GraphBuilder& g, const std::optional<LossSpec>& loss) {
  if (loss) return {"loss", add_loss(g, *loss)};
  const auto& outputs = g.graph().outputs();
  const auto found = std::find_if(outputs.begin(), outputs.end(), [](const Graph::Output& output) {
    const Type& type = output.value->type();
    return type.is_tensor() && is_float(type.dtype);
  });
  if (found == outputs.end()) fail("the model has no floating-point output to differentiate");
  return *found;
}

bool is_one_number(const Type& type) { return type.is_static() && element_count(type.dims()) == 1; }

std::vector<Value*> find_targets(const Graph& graph, const BackwardQuestion& question) {
  std::vector<Value*> targets = find_parameters(graph, question.parameters);
  const std::vector<Value*> inputs = find_inputs(graph, question.inputs);
  targets.insert(targets.end(), inputs.begin(), inputs.end());
  return targets;
}

}  // namespace

std::shared_ptr<Graph> build_backward_graph(const Graph& model, const BackwardQuestion& question) {
  const PaddingRows padding = checked_padding(model, question.padding);
  std::shared_ptr<Graph> graph = prepare_for_training(model, question.parameters);
  GraphBuilder g(*graph);
  const auto [name, y] = differentiated(g, question.loss);
  while (!graph->outputs().empty()) graph->erase_output(graph->outputs().size() - 1);
  graph->add_output(name, y);
  const std::vector<Value*> targets = find_targets(*graph, question);
  Value* dy = nullptr;
  if (!question.loss && !is_one_number(y->type())) {
    dy = graph->add_input(graph->unique_name(name + "_grad"), y->type());
  }
  const Gradients gradients = add_gradients(*graph, *y, dy, targets);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Value& target = *targets[i];
    Value* gradient = gradients[i] == nullptr ? g.zeros_like(*targets[i]) : gradients[i];
    const auto row = padding.find(target.name());
    if (row != padding.end()) {
      gradient = without_row(g, gradient, target.type().dims(), row->second);
    }
    graph->add_output(gradient_name(target), gradient);
  }
  PipelineOptions options;
  options.training = true;
  run_passes(*graph, kTidyingPasses, options);
  return graph;
}

}  // namespace gatefold
