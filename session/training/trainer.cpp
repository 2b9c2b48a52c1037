#include "session/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "ir/error.h"
#include "ir/value_names.h"
#include "session/carried_states.h"
#include "session/number_range.h"
#include "session/number_trace.h"

namespace gatefold {
namespace {

TrainingOutputs with_carried(TrainingOutputs outputs, const TrainingPlan& plan) {
  for (const CarriedState& state : plan.carried) outputs.model.push_back(state.output);
  return outputs;
}

const Tensor& tensor_of(const Datum& datum) { return std::get<Tensor>(datum); }

void copy_into(const Tensor& from, Tensor& to) { std::memcpy(to.raw(), from.raw(), from.bytes()); }

/// A step changes its states, unless the loss or the norm of the gradients is not finite. Kernels
/// are chosen by rule in steps that only judge, too, since schedules and early stopping follow
/// them.
CompileOptions compile_options(const TrainingStep& step, bool is_updating, CompileOptions options) {
  if (options.products == ProductPrecision::kInt8) {
    fail("products in int8 are for constant weights; train in float32 or bfloat16");
  }
  options.reproducible = true;
  if (!is_updating) return options;
  for (const TrainingState& state : step.states) {
    options.updates.push_back({state.input, state.output});
  }
  options.checks = {0, 1};
  return options;
}

/// Copies of the first `count` states, by name.
std::map<std::string, Tensor> first_states(const Trainer& trainer, std::size_t count) {
  std::map<std::string, Tensor> states;
  for (std::size_t i = 0; i < count; ++i) {
    states[trainer.state_descriptions()[i].name] = trainer.states()[i].clone();
  }
  return states;
}

}  // namespace

Trainer::Trainer(const Graph& model, const TrainingPlan& plan, const TrainingOutputs& outputs,
                 const CompileOptions& options)
    : Trainer(build_training_step(model, plan.step, with_carried(outputs, plan)), plan, outputs,
              options) {
  for (const CarriedState& state : plan_.carried) {
    const auto position = find_input_position(*step_.graph, state.input);
    if (!position) fail("the model has no input '{}' to carry a state into", state.input);
    carried_inputs_.push_back(*position);
    is_data_[*position] = false;
  }
}

Trainer::Trainer(TrainingStep step, const TrainingPlan& plan, const CompileOptions& options)
    : Trainer(std::move(step), plan, TrainingOutputs{}, options) {}

Trainer::Trainer(TrainingStep step, const TrainingPlan& plan, TrainingOutputs outputs,
                 const CompileOptions& options)
    : plan_(plan),
      schedule_(plan.schedule, *with_defaults(plan.step.optimizer).learning_rate),
      step_(std::move(step)),
      wanted_(std::move(outputs)),
      options_(options),
      context_(std::make_unique<Context>(std::make_shared<Executable>(
          step_.graph, compile_options(step_, wanted_.update, options)))),
      inputs_(step_.graph->inputs().size()),
      is_data_(inputs_.size(), true) {
  memory_.resize(step_.graph->outputs().size());
  for (TrainingState& state : step_.states) {
    states_.push_back(std::exchange(state.initial, {}).clone());
    inputs_[state.input] = states_.back();
    is_data_[state.input] = false;
    if (wanted_.update) memory_[state.output] = states_.back();
  }
  is_data_[step_.learning_rate_input] = false;
}

// Named extents take the size they have in the batch.
Tensor Trainer::zeros_for(const Value& input, const Batch& batch) const {
  DimSizes sizes;
  for (const Value* other : step_.graph->inputs()) {
    const auto array = batch.find(other->name());
    if (array != batch.end()) note_sizes(other->type(), array->second.dims(), sizes);
  }
  return zero_state({input.name(), input.type()}, sizes);
}

std::int64_t Trainer::useful_steps() const {
  if (!step_.step_count) return steps_done_;
  return static_cast<std::int64_t>(states_[*step_.step_count].number_at(0));
}

void Trainer::set_carried(std::vector<Tensor> carried) {
  carried_ = std::move(carried);
  for (std::size_t i = 0; i < carried_.size(); ++i) {
    inputs_[carried_inputs_[i]] = carried_[i];
  }
}

std::vector<const Value*> Trainer::data_inputs() const {
  std::vector<const Value*> data;
  for (std::size_t i = 0; i < is_data_.size(); ++i) {
    if (is_data_[i]) data.push_back(step_.graph->inputs()[i]);
  }
  return data;
}

void Trainer::set_inputs(const Batch& batch) {
  const auto& graph_inputs = step_.graph->inputs();
  if (carried_.empty()) {
    std::vector<Tensor> zeros;
    for (const std::size_t input : carried_inputs_) {
      zeros.push_back(zeros_for(*graph_inputs[input], batch));
    }
    set_carried(std::move(zeros));
  }
  inputs_[step_.learning_rate_input] =
      Tensor::scalar(learning_rate())
          .converted(graph_inputs[step_.learning_rate_input]->type().dtype);
  for (std::size_t i = 0; i < graph_inputs.size(); ++i) {
    const Value& input = *graph_inputs[i];
    const auto array = batch.find(input.name());
    if (array != batch.end()) {
      inputs_[i] = array->second;
    } else if (is_data_[i]) {
      if (input.is_used()) {
        fail("the data have no array '{}', which the model needs", input.name());
      }
      inputs_[i] = zeros_for(input, batch);
    }
  }
}

Trainer::Result Trainer::step(const Batch& batch) {
  set_inputs(batch);
  const std::span<const Datum> outputs = context_->run(inputs_, memory_);
  Result result;
  result.loss = tensor_of(outputs[0]).number_at(0);
  if (wanted_.has_backward()) result.gradient_norm = tensor_of(outputs[1]).number_at(0);
  require_finite(result, batch);
  result.outputs = outputs.subspan(step_.first_model_output, wanted_.model.size());
  if (wanted_.gradients) {
    result.gradients = outputs.subspan(step_.first_gradient, step_.weights.size());
  }
  go_on(outputs);
  return result;
}

// The step has changed no state: computing it again finds the same.
void Trainer::require_finite(const Result& result, const Batch& batch) const {
  if (std::isfinite(result.loss) && std::isfinite(result.gradient_norm)) return;
  const std::size_t checked = wanted_.has_backward() ? 2 : 1;
  const auto origin = find_non_finite(*step_.graph, inputs_, options_, checked);
  const std::string found = origin ? origin->text + "; " : "";
  const bool is_in_data = origin && batch.contains(origin->source);
  if (!wanted_.has_backward()) {
    fail("the loss of the validation data is {}; {}{}", number_text(result.loss), found,
         is_in_data ? "mend the data" : "look at the data, or lower the learning rate");
  }
  fail("step {}: the loss is {} and the norm of the gradients {}; {}{}", steps_done_,
       number_text(result.loss), number_text(result.gradient_norm), found,
       is_in_data ? "mend the data" : remedy());
}

// What may keep the numbers of a step finite. Steps of the model's file have a clipping of their
// own.
std::string Trainer::remedy() const {
  if (steps_done_ == 0) {
    return "no weight has been changed yet, so look at the model's weights and the data";
  }
  const bool has_own_steps = plan_.step.loss.type.empty();
  const bool is_clipped = plan_.step.clip_norm > 0 || plan_.step.clip_value > 0;
  return is_clipped || has_own_steps ? "lower the learning rate"
                                     : "lower the learning rate or clip the gradients";
}

void Trainer::go_on(std::span<const Datum> outputs) {
  for (std::size_t i = 0; i < carried_.size(); ++i) {
    const Tensor& next = tensor_of(outputs[step_.first_model_output + wanted_.model.size() + i]);
    if (next.dims() != carried_[i].dims()) {
      fail("output '{}' has extents {} but is carried into input '{}' of {}",
           plan_.carried[i].output, to_string(next.dims()), plan_.carried[i].input,
           to_string(carried_[i].dims()));
    }
    copy_into(next, carried_[i]);
  }
  ++steps_done_;
}

void Trainer::require_finite_states() const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    for (std::int64_t k = 0; k < states_[i].size(); ++k) {
      if (std::isfinite(states_[i].number_at(k))) continue;
      if (steps_done_ == 0) {
        fail("element {} of '{}' is {} before the first step; freeze it, or make it a number", k,
             step_.states[i].name, states_[i].number_at(k));
      }
      fail("after {} steps element {} of '{}' is {}; lower the learning rate or clip the gradients",
           steps_done_, k, step_.states[i].name, states_[i].number_at(k));
    }
  }
}

void Trainer::forget_carried() { carried_.clear(); }

void Trainer::restore(std::span<const Tensor> states, std::span<const Tensor> carried,
                      std::int64_t steps_done) {
  for (std::size_t i = 0; i < states_.size(); ++i) copy_into(states[i], states_[i]);
  std::vector<Tensor> copies;
  for (const Tensor& state : carried) copies.push_back(state.clone());
  set_carried(std::move(copies));
  steps_done_ = steps_done;
}

std::unique_ptr<Trainer> Trainer::make_judge(const Graph& model,
                                             const TrainingOutputs& outputs) const {
  TrainingPlan same_weights = plan_;
  same_weights.step.trainable = weight_names();
  return std::make_unique<Trainer>(model, same_weights, outputs, options_);
}

void Trainer::follow(const Trainer& trainer) {
  for (std::size_t i = 0; i < step_.weights.size(); ++i) copy_into(trainer.states_[i], states_[i]);
  if (step_.step_count) {
    copy_into(trainer.states_[*trainer.step_.step_count], states_[*step_.step_count]);
  }
  steps_done_ = trainer.steps_done_;
}

void Trainer::follow_carried(const Trainer& trainer) {
  std::vector<Tensor> copies;
  for (const Tensor& state : trainer.carried_) copies.push_back(state.clone());
  set_carried(std::move(copies));
}

std::map<std::string, Tensor> trained_states(const Trainer& trainer) {
  return first_states(trainer, trainer.states().size());
}

std::map<std::string, Tensor> trained_weights(const Trainer& trainer) {
  return first_states(trainer, trainer.weight_names().size());
}

}  // namespace gatefold
