#include "passes/training/model_parts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "ir/error.h"
#include "ir/op_def.h"
#include "ir/value_names.h"
#include "passes/pipeline.h"

namespace gatefold {
namespace {

/// Puts `replacement` in the place of an initializer, under its name.
void replace_initializer(Graph& graph, Value& initializer, Value& replacement) {
  std::string name = initializer.name();
  graph.replace_all_uses(&initializer, &replacement);
  graph.erase_value(&initializer);
  replacement.set_name(std::move(name));
}

void freeze_all_but(Graph& graph, const std::vector<std::string>& trainable) {
  const std::unordered_set<std::string> kept(trainable.begin(), trainable.end());
  for (Value* parameter : parameters_of(graph)) {
    if (kept.count(parameter->name()) > 0) continue;
    Value* constant = graph.add_constant(graph.unique_name(parameter->name()), *parameter->data());
    replace_initializer(graph, *parameter, *constant);
  }
}

bool is_running_statistic(const Value& value) {
  return std::any_of(value.uses().begin(), value.uses().end(), [](const Use& use) {
    return use.user->op().name == "BatchNormalization" && use.index >= 3;
  });
}

}  // namespace

std::vector<Value*> parameters_of(const Graph& graph) {
  std::vector<Value*> parameters;
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) parameters.push_back(value.get());
  }
  return parameters;
}

std::vector<Value*> find_parameters(const Graph& graph, const std::vector<std::string>& names) {
  const std::vector<Value*> parameters = parameters_of(graph);
  std::vector<Value*> found;
  for (const std::string& name : names) {
    const auto match = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Value* value) { return value->name() == name; });
    if (match == parameters.end()) {
      fail("the model has no floating-point initializer '{}' that could be trained", name);
    }
    found.push_back(*match);
  }
  return found;
}

Value* output_of(const Graph& graph, const std::string& name) {
  if (Value* output = find_output(graph, name)) return output;
  std::vector<std::string_view> names;
  for (const Graph::Output& output : graph.outputs()) names.push_back(output.name);
  fail("the model has no output '{}'; its outputs: {}", name, fmt::join(names, ", "));
}

std::vector<std::string> default_trainable(const Graph& graph) {
  std::vector<std::string> names;
  for (const Value* parameter : parameters_of(graph)) {
    const bool is_scalar = parameter->data()->rank() == 0;
    if (!is_scalar && !is_running_statistic(*parameter)) names.push_back(parameter->name());
  }
  return names;
}

std::shared_ptr<Graph> prepare_for_training(const Graph& model,
                                            const std::vector<std::string>& trainable) {
  std::shared_ptr<Graph> graph = model.clone();
  freeze_all_but(*graph, trainable);
  PipelineOptions options;
  options.training = true;
  run_passes(*graph, kTrainingPipeline, options);
  return graph;
}

Value* turn_into_input(Graph& graph, Value& parameter) {
  Value* input = graph.add_input(graph.unique_name(parameter.name()), parameter.type());
  replace_initializer(graph, parameter, *input);
  return input;
}

}  // namespace gatefold
