#include "passes/training/training_stages.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/value_names.h"
#include "passes/pipeline.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

using Binding = TrainingStage::Binding;

constexpr std::string_view kRate = "learning_rate";
constexpr std::string_view kNorm = "gradient_norm";

/// The initializer that a binding stores into.
Value& stored_initializer(const Model& model, const TrainingStage& stage, const Binding& binding) {
  Value* value = find_initializer(*stage.algorithm, binding.initializer);
  if (value == nullptr) value = find_initializer(*model.graph, binding.initializer);
  if (value == nullptr) {
    fail("training stores '{}' in '{}', but the model has no initializer of that name",
         binding.output, binding.initializer);
  }
  return *value;
}

bool is_one_number(const Type& type) {
  return type.is_tensor() && is_float(type.dtype) && type.is_static() &&
         element_count(type.dims()) == 1;
}

bool is_rate(const Type& type) {
  return type == Type(DataType::kFloat32, Dims{}) || type == Type(DataType::kFloat64, Dims{});
}

/// Puts the stages of a model behind each other.
class StageJoiner {
 public:
  explicit StageJoiner(const Model& model)
      : model_(model), graph_(std::make_shared<Graph>("training")), g_(*graph_) {}

  TrainingStep build() {
    for (const Value* input : model_.graph->inputs()) add_input(*input);
    for (const TrainingStage& stage : model_.training) add_states(stage);
    std::stable_partition(states_.begin(), states_.end(),
                          [this](const State& state) { return is_weight(*state.initializer); });
    if (states_.empty()) fail("the model's training stores nothing, so nothing can be trained");
    add_rate();
    for (const TrainingStage& stage : model_.training) add_stage(stage);
    add_outputs();
    clean_up();
    step_.graph = std::move(graph_);
    return std::move(step_);
  }

 private:
  struct State {
    const Value* initializer;
    std::size_t input;
  };

  bool is_weight(const Value& initializer) const {
    return initializer.graph() == model_.graph.get();
  }

  Value* add_input(const Value& input) {
    Value*& added = inputs_[input.name()];
    if (added == nullptr)
      added = graph_->add_input(graph_->unique_name(input.name()), input.type());
    return added;
  }

  void add_states(const TrainingStage& stage) {
    for (const Binding& binding : stage.update_bindings) {
      const Value& initializer = stored_initializer(model_, stage, binding);
      states_.push_back({&initializer, graph_->inputs().size()});
      current_[&initializer] =
          graph_->add_input(graph_->unique_name(initializer.name()), initializer.type());
    }
  }

  void add_rate() {
    step_.learning_rate_input = graph_->inputs().size();
    Value* rate = nullptr;
    for (const TrainingStage& stage : model_.training) {
      const Value* initializer = find_initializer(*stage.algorithm, kRate);
      if (initializer == nullptr || !is_rate(initializer->type())) continue;
      if (rate == nullptr) {
        rate = graph_->add_input(graph_->unique_name(kRate), initializer->type());
        step_.learning_rate = initializer->data()->number_at(0);
      }
      if (initializer->type() == rate->type()) current_.emplace(initializer, rate);
    }
    if (rate == nullptr) {
      graph_->add_input(graph_->unique_name(kRate), {DataType::kFloat32, Dims{}});
    }
  }

  /// What an initializer is at this point of the step.
  Value* current(const Value& initializer) {
    Value*& value = current_[&initializer];
    if (value == nullptr) value = g_.add_constant(initializer.name(), *initializer.data());
    return value;
  }

  void append(const Graph& part, Graph::ValueMap& map) {
    for (const auto& value : part.initializers()) map[value.get()] = current(*value);
    for (const auto& node : part.nodes()) append_copy(*node, *graph_, map);
  }

  void add_stage(const TrainingStage& stage) {
    Graph::ValueMap map;
    for (const Value* input : model_.graph->inputs()) map[input] = add_input(*input);
    append(*model_.graph, map);
    for (std::size_t i = 0; i < stage.algorithm->inputs().size(); ++i) {
      const Value* input = stage.algorithm->inputs()[i];
      map[input] = i < stage.captured ? map.at(&captured_value(*input)) : add_input(*input);
    }
    append(*stage.algorithm, map);
    find_loss(stage, map);
    std::vector<Value*> stored;
    for (const Binding& binding : stage.update_bindings) {
      stored.push_back(map.at(&output_value(stage, binding)));
    }
    for (std::size_t i = 0; i < stored.size(); ++i) {
      current_[&stored_initializer(model_, stage, stage.update_bindings[i])] = stored[i];
    }
  }

  const Value& captured_value(const Value& input) const {
    const Value* value = find_value(*model_.graph, input.name());
    if (value == nullptr) {
      fail("the training algorithm reads '{}', which the model's graph does not have",
           input.name());
    }
    return *value;
  }

  const Value& output_value(const TrainingStage& stage, const Binding& binding) const {
    const Value* output = find_output(*stage.algorithm, binding.output);
    if (output == nullptr) output = find_output(*model_.graph, binding.output);
    if (output == nullptr) {
      fail("training stores '{}' in '{}', but nothing delivers it", binding.output,
           binding.initializer);
    }
    return *output;
  }

  void find_loss(const TrainingStage& stage, const Graph::ValueMap& map) {
    for (const Graph::Output& output : stage.algorithm->outputs()) {
      const bool is_stored =
          std::any_of(stage.update_bindings.begin(), stage.update_bindings.end(),
                      [&](const Binding& binding) { return binding.output == output.name; });
      if (is_stored || !is_one_number(output.value->type())) continue;
      Value*& found = output.name == kNorm ? norm_ : loss_;
      if (found == nullptr) found = map.at(output.value);
    }
  }

  void add_outputs() {
    for (const auto& [name, value] : {std::pair("loss", loss_), std::pair(kNorm.data(), norm_)}) {
      graph_->add_output(
          name, value != nullptr ? value : g_.add_constant(name, Tensor::scalar<float>(0)));
    }
    step_.first_model_output = graph_->outputs().size();
    step_.first_gradient = graph_->outputs().size();
    for (const State& state : states_) {
      const Value& initializer = *state.initializer;
      if (is_weight(initializer)) step_.weights.push_back(initializer.name());
      step_.states.push_back(
          {initializer.name(), *initializer.data(), state.input, graph_->outputs().size()});
      graph_->add_output(initializer.name() + "_next", current_.at(&initializer));
    }
  }

  // A step that was compiled before is not compiled again, so that it computes the same numbers.
  void clean_up() {
    infer_types(*graph_);
    PipelineOptions options;
    options.training = true;
    const bool had_gradients = run_passes(*graph_, kRequiredPipeline, options).front().changed;
    if (had_gradients) run_passes(*graph_, kTrainingPipeline, options);
    run_passes(*graph_, "remove-dead", options);
    run_passes(*graph_, kStepPasses, options);
  }

  const Model& model_;
  std::shared_ptr<Graph> graph_;
  GraphBuilder g_;
  TrainingStep step_;
  std::unordered_map<std::string, Value*> inputs_;
  std::vector<State> states_;
  std::unordered_map<const Value*, Value*> current_;  // By initializer.
  Value* loss_ = nullptr;
  Value* norm_ = nullptr;
};

}  // namespace

void initialize_training(Model& model) {
  for (const TrainingStage& stage : model.training) {
    const std::vector<Datum> outputs = evaluate(*stage.initialization, {});
    for (const Binding& binding : stage.initialization_bindings) {
      Value& initializer = stored_initializer(model, stage, binding);
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (stage.initialization->outputs()[i].name != binding.output) continue;
        const auto* tensor = std::get_if<Tensor>(&outputs[i]);
        if (tensor == nullptr || !(tensor->type() == initializer.data()->type())) {
          fail("initialization: '{}' does not fit '{}', which is {}", binding.output,
               initializer.name(), to_string(initializer.type()));
        }
        initializer.set_data(*tensor);
      }
    }
  }
}

TrainingStep join_stages(const Model& model) { return StageJoiner(model).build(); }

}  // namespace gatefold
