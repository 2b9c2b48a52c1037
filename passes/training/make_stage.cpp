#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "passes/rewriting/sub_graphs.h"
#include "passes/training/training_stages.h"

namespace gatefold {
namespace {

bool is_same(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

/// Gives the values of a graph names that no value of another graph has.
class Renaming {
 public:
  explicit Renaming(const Graph& other) { take(other); }

  std::string fresh(const std::string& base) {
    std::string name = base;
    for (int i = 1; !taken_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
    return name;
  }

  /// Renames results and initializers, those of sub-graphs included, and the sub-graphs' inputs.
  void rename(Graph& graph) {
    for (const auto& value : graph.initializers()) rename(*value);
    for (const auto& node : graph.nodes()) {
      for (std::size_t i = 0; i < node->output_count(); ++i) {
        if (node->output(i) != nullptr) rename(*node->output(i));
      }
      for (Graph* inner : node->sub_graphs()) {
        for (Value* input : inner->inputs()) rename(*input);
        rename(*inner);
      }
    }
  }

  void rename(Value& value) { value.set_name(fresh(value.name())); }

 private:
  void take(const Graph& graph) {
    for (const Value* input : graph.inputs()) taken_.insert(input->name());
    for (const auto& value : graph.initializers()) taken_.insert(value->name());
    for (const Graph::Output& output : graph.outputs()) taken_.insert(output.name);
    for (const auto& node : graph.nodes()) {
      for (std::size_t i = 0; i < node->output_count(); ++i) {
        if (node->output(i) != nullptr) taken_.insert(node->output(i)->name());
      }
      for (const Graph* inner : node->sub_graphs()) take(*inner);
    }
  }

  std::unordered_set<std::string> taken_;
};

/// Turns the graph of a step into an algorithm.
class StageMaker {
 public:
  StageMaker(const TrainingStep& step, const Graph& model)
      : step_(step), algorithm_(*stage_.algorithm), names_(model) {
    for (const Value* input : model.inputs()) model_values_[input->name()] = input;
    for (const auto& value : model.initializers()) model_values_[value->name()] = value.get();
  }

  TrainingStage build() {
    add_captured();
    stage_.captured = algorithm_.inputs().size();
    add_own();
    for (const auto& node : step_.graph->nodes()) append_copy(*node, algorithm_, map_);
    names_.rename(algorithm_);
    for (std::size_t i = stage_.captured; i < algorithm_.inputs().size(); ++i) {
      names_.rename(*algorithm_.inputs()[i]);
    }
    add_outputs();
    return std::move(stage_);
  }

 private:
  /// The value of the model that an input or a constant of the step stands for.
  const Value* model_value(const Value& value) const {
    const auto found = model_values_.find(value.name());
    if (found == model_values_.end()) return nullptr;
    const bool is_same_constant =
        value.data() == nullptr ||
        (found->second->data() != nullptr && is_same(*value.data(), *found->second->data()));
    return is_same_constant ? found->second : nullptr;
  }

  void capture(const Value& value) {
    if (model_value(value) == nullptr) return;
    map_[&value] = algorithm_.add_input(value.name(), value.type());
  }

  // What is carried into an input of the model from step to step is no input of the algorithm.
  void add_captured() {
    const auto& inputs = step_.graph->inputs();
    std::unordered_set<const Value*> states;
    for (const TrainingState& state : step_.states) states.insert(inputs[state.input]);
    for (const Value* input : inputs) {
      const Value* value = model_value(*input);
      const bool is_carried = states.contains(input) && value != nullptr && !value->has_data();
      if (!is_carried) capture(*input);
    }
    for (const auto& value : step_.graph->initializers()) capture(*value);
  }

  void add_own() {
    const auto& inputs = step_.graph->inputs();
    std::unordered_map<const Value*, Tensor> initial;
    for (const TrainingState& state : step_.states) initial[inputs[state.input]] = state.initial;
    const Value* rate = inputs[step_.learning_rate_input];
    initial[rate] = Tensor::scalar(step_.learning_rate).converted(rate->type().dtype);
    for (const Value* input : inputs) {
      if (map_.contains(input)) continue;
      const auto state = initial.find(input);
      map_[input] = state == initial.end()
                        ? algorithm_.add_input(input->name(), input->type())
                        : algorithm_.add_parameter(input->name(), state->second.clone());
    }
    for (const auto& value : step_.graph->initializers()) {
      if (!map_.contains(value.get())) {
        map_[value.get()] = algorithm_.add_constant(value->name(), *value->data());
      }
    }
  }

  /// Delivers an output of the step; returns under which name.
  std::string deliver(std::size_t index) {
    const Graph::Output& output = step_.graph->outputs()[index];
    std::string name = names_.fresh(output.name);
    algorithm_.add_output(name, map_.at(output.value));
    return name;
  }

  void add_outputs() {
    for (std::size_t i = 0; i < step_.first_model_output; ++i) deliver(i);
    for (const TrainingState& state : step_.states) {
      const Value& input = *map_.at(step_.graph->inputs()[state.input]);
      stage_.update_bindings.push_back({input.name(), deliver(state.output)});
    }
  }

  const TrainingStep& step_;
  TrainingStage stage_;
  Graph& algorithm_;
  Renaming names_;
  std::unordered_map<std::string_view, const Value*> model_values_;
  Graph::ValueMap map_;
};

}  // namespace

TrainingStage make_stage(const TrainingStep& step, const Graph& model) {
  return StageMaker(step, model).build();
}

}  // namespace gatefold
