#include "passes/training/model_parts.h"

#include <fmt/ranges.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/error.h"
#include "ir/value_names.h"
#include "passes/pipeline.h"
#include "passes/training/trained_tensors.h"

namespace gatefold {
namespace {

/// Puts `replacement`, a value of a graph, in the place of a constant or parameter of it or of one
/// of its sub-graphs, under its name.
void replace_tensor(Value& tensor, Value& replacement) {
  std::string name = tensor.name();
  Graph& graph = *tensor.graph();
  graph.replace_all_uses(&tensor, &replacement);
  graph.erase_value(&tensor);
  replacement.set_name(std::move(name));
}

void freeze_all_but(const Graph& graph, const std::vector<std::string>& trainable) {
  const std::unordered_set<std::string> kept(trainable.begin(), trainable.end());
  for (Value* value : all_float_tensors(graph)) {
    if (value->kind() != Value::Kind::kParameter || kept.contains(value->name())) continue;
    Graph& own = *value->graph();
    replace_tensor(*value, *own.add_constant(own.unique_name(value->name()), *value->data()));
  }
}

void collect_float_tensors(const Graph& graph, std::vector<Value*>& tensors) {
  for (const auto& value : graph.initializers()) {
    if (is_float(value->type().dtype)) tensors.push_back(value.get());
  }
  for (const auto& node : graph.nodes()) {
    for (const Graph* inner : node->sub_graphs()) collect_float_tensors(*inner, tensors);
  }
}

}  // namespace

std::vector<Value*> parameters_of(const Graph& graph) {
  std::vector<Value*> parameters;
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) parameters.push_back(value.get());
  }
  return parameters;
}

std::vector<Value*> all_float_tensors(const Graph& graph) {
  std::vector<Value*> tensors;
  collect_float_tensors(graph, tensors);
  return tensors;
}

std::vector<Value*> find_parameters(const Graph& graph, const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, Value*> tensors;
  for (Value* value : all_float_tensors(graph)) tensors.emplace(value->name(), value);
  std::vector<Value*> found;
  for (const std::string& name : names) {
    const auto match = tensors.find(name);
    if (match == tensors.end()) {
      fail("the model has no floating-point tensor '{}' that could be trained", name);
    }
    found.push_back(match->second);
  }
  return found;
}

std::vector<Value*> find_inputs(const Graph& graph, const std::vector<std::string>& names) {
  std::vector<Value*> found;
  for (const std::string& name : names) {
    Value* input = find_input(graph, name);
    if (input == nullptr) fail("the model has no input '{}'", name);
    found.push_back(input);
  }
  return found;
}

Value* output_of(const Graph& graph, const std::string& name) {
  if (graph.outputs().empty()) fail("the model has no output that a loss could judge");
  if (name.empty()) return graph.outputs().front().value;
  if (Value* output = find_output(graph, name)) return output;
  std::vector<std::string_view> names;
  for (const Graph::Output& output : graph.outputs()) names.push_back(output.name);
  fail("the model has no output '{}'; its outputs: {}", name, fmt::join(names, ", "));
}

std::vector<std::string> default_trainable(const Graph& graph,
                                           const std::vector<std::string>& judged) {
  std::vector<Value*> outputs;
  for (const std::string& name : judged) outputs.push_back(output_of(graph, name));
  for (const Graph::Output& output : graph.outputs()) {
    if (judged.empty()) outputs.push_back(output.value);
  }
  std::vector<std::string> names;
  for (const FileTensor& tensor : find_tensors(graph, outputs)) {
    if (tensor.is_trained()) names.push_back(tensor.name());
  }
  return names;
}

void make_parameters(Graph& graph, const std::vector<std::string>& names) {
  for (Value* value : find_parameters(graph, names)) {
    if (value->kind() == Value::Kind::kParameter && value->graph() == &graph) continue;
    const std::string name = graph.unique_name(value->name());
    replace_tensor(*value, *graph.add_parameter(name, *value->data()));
  }
}

std::shared_ptr<Graph> prepare_for_training(const Graph& model,
                                            const std::vector<std::string>& trainable) {
  std::shared_ptr<Graph> graph = model.clone();
  make_parameters(*graph, trainable);
  freeze_all_but(*graph, trainable);
  PipelineOptions options;
  options.training = true;
  run_passes(*graph, kTrainingPipeline, options);
  return graph;
}

Value* turn_into_input(Graph& graph, Value& parameter) {
  Value* input = graph.add_input(graph.unique_name(parameter.name()), parameter.type());
  replace_tensor(parameter, *input);
  return input;
}

}  // namespace gatefold
