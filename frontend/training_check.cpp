#include "frontend/training_check.h"

#include <string>
#include <string_view>
#include <unordered_set>

#include "ir/error.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

using Binding = TrainingStage::Binding;

bool may_be_stored(const Type& output, const Type& initializer) {
  if (!output.is_tensor() || output.dtype != initializer.dtype) return false;
  if (!output.has_rank()) return true;
  if (output.rank() != initializer.rank()) return false;
  for (std::size_t i = 0; i < output.shape->size(); ++i) {
    const Dim& dim = (*output.shape)[i];
    if (dim.is_known() && !dim.same_as((*initializer.shape)[i])) return false;
  }
  return true;
}

/// `own` is the graph of the algorithm; `output` is nullptr where there is none of the name.
void check_binding(const Binding& binding, std::string_view list, const Graph& own,
                   const Graph& model, const Value* output) {
  const Value* initializer = find_initializer(own, binding.initializer);
  if (initializer == nullptr) initializer = find_initializer(model, binding.initializer);
  if (initializer == nullptr) {
    fail(
        "{}: '{}' is no initializer of the training algorithm or of the model's graph, so nothing "
        "can be stored in it",
        list, binding.initializer);
  }
  if (output == nullptr) {
    fail("{}: '{}' is to be stored in '{}', but no output has that name", list, binding.output,
         binding.initializer);
  }
  if (!may_be_stored(output->type(), initializer->type())) {
    fail("{}: '{}' is {} but is to be stored in '{}', which is {}", list, binding.output,
         to_string(output->type()), binding.initializer, to_string(initializer->type()));
  }
}

void check_stage(const TrainingStage& stage, const Graph& model) {
  if (!stage.initialization->inputs().empty()) {
    fail("the graph that initializes training has an input '{}', but there is nothing to give it",
         stage.initialization->inputs().front()->name());
  }
  for (const Binding& binding : stage.initialization_bindings) {
    check_binding(binding, "initialization_binding", *stage.algorithm, model,
                  find_output(*stage.initialization, binding.output));
  }
  for (const Binding& binding : stage.update_bindings) {
    const Value* output = find_output(*stage.algorithm, binding.output);
    if (output == nullptr) output = find_output(model, binding.output);
    check_binding(binding, "update_binding", *stage.algorithm, model, output);
  }
}

}  // namespace

void check_training(const Model& model) {
  std::unordered_set<std::string_view> updated;
  for (const TrainingStage& stage : model.training) {
    check_stage(stage, *model.graph);
    for (const Binding& binding : stage.update_bindings) {
      if (updated.insert(binding.initializer).second) continue;
      fail("update_binding: '{}' is stored into twice", binding.initializer);
    }
  }
}

}  // namespace gatefold
