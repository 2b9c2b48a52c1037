#include "passes/training/training_step.h"

#include <algorithm>
#include <utility>

#include "ir/error.h"
#include "ir/infer.h"
#include "passes/gradients/gradients.h"
#include "passes/pipeline.h"
#include "passes/training/model_parts.h"
#include "passes/training/recompute_steps.h"
#include "passes/training/row_gradient.h"
#include "passes/training/seed_dropout.h"

namespace gatefold {
namespace {

/// Turns a model's optimized graph into a step.
class StepBuilder {
 public:
  StepBuilder(std::shared_ptr<Graph> graph, const TrainingSpec& spec, const TrainingOutputs& wanted,
              PaddingRows padding)
      : graph_(std::move(graph)),
        g_(*graph_),
        spec_(spec),
        wanted_(wanted),
        padding_(std::move(padding)),
        weights_(spec.trainable.empty() ? parameters_of(*graph_)
                                        : find_parameters(*graph_, spec.trainable)) {}

  TrainingStep build() {
    if (wanted_.has_backward()) {
      steps_ = graph_->add_input(graph_->unique_name("steps"), {DataType::kFloat64, Dims{}});
    }
    seed_dropout(g_, steps_, spec_.seed);
    Value* loss = add_loss(g_, spec_.loss);
    is_due_ = has_targets_ = add_has_targets(g_, spec_.loss);
    const DataType rate_type = spec_.schedule ? DataType::kFloat64 : DataType::kFloat32;
    rate_ = graph_->add_input(graph_->unique_name("learning_rate"), {rate_type, Dims{}});
    step_.learning_rate = *with_defaults(spec_.optimizer).learning_rate;
    if (wanted_.has_backward()) gradients_ = add_gradients(*graph_, *loss, nullptr, weights_);
    if (spec_.checkpoint_every > 0) recompute_steps(*graph_, spec_.checkpoint_every);
    take_outputs();
    if (has_targets_ != nullptr) {
      loss = where(Term(g_, has_targets_), Term(g_, loss), Term(g_, loss).number(0));
    }
    graph_->add_output("loss", loss);
    if (wanted_.has_backward()) {
      add_backward();
    } else {
      deliver_model_outputs();
    }
    if (wanted_.update) {
      update_states();
    } else {
      keep_states();
    }
    turn_weights_into_inputs();
    find_inputs();
    PipelineOptions options;
    options.training = true;
    run_passes(*graph_, kStepPasses, options);
    step_.graph = std::move(graph_);
    return std::move(step_);
  }

 private:
  struct OtherState {
    Value* before;
    Tensor initial;
    Value* after;
  };

  // Differentiation puts other nodes in the place of some that give outputs: only then it is known
  // which values they are.
  void take_outputs() {
    for (const std::string& name : wanted_.model) {
      model_outputs_.push_back(output_of(*graph_, name));
    }
    while (!graph_->outputs().empty()) graph_->erase_output(graph_->outputs().size() - 1);
  }

  void add_backward() {
    leave_out_what_does_not_matter();
    const Gradients plain = gradients_;
    leave_out_padding();
    const Gradients whole = gradients_;
    keep_only_rows(plain);
    graph_->add_output("gradient_norm", add_norm());
    deliver_model_outputs();
    deliver_gradients(whole);
  }

  void update_states() {
    const Term steps = Term(g_, steps_) + 1.0;
    Value* count =
        has_targets_ == nullptr ? steps : where(Term(g_, has_targets_), steps, Term(g_, steps_));
    other_states_.push_back({steps_, Tensor::scalar<double>(0), count});
    if (spec_.accumulate > 1) {
      accumulate(steps);
      add_updates(Term(g_, add_update_count()));
    } else {
      add_updates(steps);
    }
    for (OtherState& state : other_states_) {
      if (state.before == steps_) step_.step_count = step_.states.size();
      add_state(*state.before, std::move(state.initial), state.after);
    }
  }

  // Gradients add up in states until it is time for an update by their mean.
  void accumulate(const Term& steps) {
    const Term part = steps.apply("Mod", steps.number(static_cast<double>(spec_.accumulate)),
                                  {{"fmod", std::int64_t{1}}});
    const Term is_last = part.apply("Equal", part.number(0));
    is_due_ = has_targets_ == nullptr ? is_last : is_last.apply("And", has_targets_);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const Type& type = weights_[i]->type();
      Value* before =
          graph_->add_input(graph_->unique_name(weights_[i]->name() + ".gradients"), type);
      const Term sum = Term(g_, before) + Term(g_, gradients_[i]);
      const Term after = where(Term(g_, is_due_), sum.number(0), sum);
      other_states_.push_back({before, filled_like(*weights_[i]->data(), 0), after});
      gradients_[i] = sum / static_cast<double>(spec_.accumulate);
    }
  }

  // Without targets all gradients are zero.
  bool stays_without_gradients() const {
    return spec_.accumulate == 1 && updates_by_rows(spec_.optimizer);
  }

  // Updates done, this one counted.
  Value* add_update_count() {
    Value* before = graph_->add_input(graph_->unique_name("updates"), {DataType::kFloat64, Dims{}});
    const Term count = Term(g_, before) + 1.0;
    other_states_.push_back({before, Tensor::scalar<double>(0), when_due(count, *before)});
    return count;
  }

  // `after` in steps that update, else `before`.
  Value* when_due(Value* after, Value& before) {
    const bool is_always_due = is_due_ == nullptr || stays_without_gradients();
    return is_always_due ? after : g_.add("Where", {is_due_, after, &before});
  }

  // Parameters that the loss does not depend on stay as they are, like in PyTorch.
  void leave_out_what_does_not_matter() {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (gradients_[i] != nullptr) continue;
      weights_[i] = nullptr;
    }
    std::erase(weights_, nullptr);
    std::erase(gradients_, nullptr);
    if (weights_.empty()) fail("the loss depends on no parameter that may be trained");
  }

  void leave_out_padding() {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const auto row = padding_.find(weights_[i]->name());
      if (row == padding_.end()) continue;
      gradients_[i] = without_row(g_, gradients_[i], weights_[i]->type().dims(), row->second);
    }
  }

  // Of a table of which a step uses some rows only those need to be looked at, where the optimizer
  // leaves the others alone. `plain` are the gradients with those of padding.
  void keep_only_rows(const Gradients& plain) {
    rows_.assign(weights_.size(), nullptr);
    if (!updates_by_rows(spec_.optimizer) || spec_.accumulate > 1) return;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      auto gradient = rows_of(g_, *plain[i]);
      if (!gradient) continue;
      const auto row = padding_.find(weights_[i]->name());
      if (row != padding_.end()) {
        gradient = without_row(g_, *gradient, weights_[i]->type().dims(), row->second);
      }
      gradients_[i] = gradient->rows;
      rows_[i] = gradient->indices;
    }
  }

  // sqrt(sum of the squares of all elements of all gradients)
  Value* add_norm() {
    std::vector<Value*> squares;
    for (Value* gradient : gradients_) {
      Value* square = g_.add("ReduceSumSquare", {gradient}, {{"keepdims", std::int64_t{0}}});
      squares.push_back(g_.add("Cast", {square}, {{"to", std::int64_t{1}}}));
    }
    return g_.add("Sqrt", {g_.add("Sum", squares)});
  }

  void clip_values() {
    if (spec_.clip_value == 0) return;
    for (Value*& gradient : gradients_) {
      const Term g(g_, gradient);
      gradient =
          g.apply("Max", g.number(-spec_.clip_value)).apply("Min", g.number(spec_.clip_value));
    }
  }

  void clip_norm() {
    if (spec_.clip_norm == 0) return;
    const Term norm(g_, add_norm());
    const Term factor = (norm.number(spec_.clip_norm) / (norm + 1e-6)).apply("Min", norm.number(1));
    for (Value*& gradient : gradients_) {
      gradient = Term(g_, gradient) * factor.apply("CastLike", gradient);
    }
  }

  void deliver_model_outputs() {
    step_.first_model_output = graph_->outputs().size();
    for (std::size_t i = 0; i < model_outputs_.size(); ++i) {
      graph_->add_output(wanted_.model[i], model_outputs_[i]);
    }
  }

  void deliver_gradients(const Gradients& gradients) {
    step_.first_gradient = graph_->outputs().size();
    if (!wanted_.gradients) return;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      graph_->add_output(gradient_name(*weights_[i]), gradients[i]);
    }
  }

  void add_updates(Value* number) {
    clip_values();
    clip_norm();
    Value* rate = add_rate(number);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      Value& weight = *weights_[i];
      const WeightUpdate update =
          add_update(g_, spec_.optimizer, weight, {gradients_[i], rows_[i]}, {rate, number});
      add_state(weight, *weight.data(), when_due(update.weight, weight));
      for (const OptimizerSlot& slot : update.slots) {
        other_states_.push_back({slot.before, filled_like(*weight.data(), slot.initial),
                                 when_due(slot.after, *slot.before)});
      }
    }
  }

  // The learning rate of an update that is counted from 1.
  Value* add_rate(Value* number) {
    if (!spec_.schedule) return rate_;
    const Term update = Term(g_, number) - 1.0;
    Value* rate = add_schedule(g_, *spec_.schedule, {rate_, update, update.number(0)});
    return g_.add("Cast", {rate}, {{"to", static_cast<std::int64_t>(DataType::kFloat32)}});
  }

  void keep_states() {
    for (const Value* weight : weights_) step_.states.push_back({weight->name(), *weight->data()});
    if (steps_ == nullptr) return;
    step_.step_count = step_.states.size();
    step_.states.push_back({steps_->name(), Tensor::scalar<double>(0)});
  }

  static Tensor filled_like(const Tensor& weight, double number) {
    Tensor filled(DataType::kFloat64, weight.dims());
    std::fill_n(filled.data<double>(), filled.size(), number);
    return filled.converted(weight.dtype());
  }

  void add_state(Value& before, Tensor initial, Value* after) {
    step_.states.push_back({before.name(), std::move(initial), 0, graph_->outputs().size()});
    graph_->add_output(before.name() + "_next", after);
  }

  void turn_weights_into_inputs() {
    for (Value* weight : weights_) {
      step_.weights.push_back(weight->name());
      turn_into_input(*graph_, *weight);
    }
  }

  void find_inputs() {
    const auto number_of = [this](const auto& matches) {
      const auto& inputs = graph_->inputs();
      return static_cast<std::size_t>(std::find_if(inputs.begin(), inputs.end(), matches) -
                                      inputs.begin());
    };
    for (TrainingState& state : step_.states) {
      state.input = number_of([&](const Value* input) { return input->name() == state.name; });
    }
    step_.target_input =
        number_of([&](const Value* input) { return input->name() == spec_.loss.target; });
    step_.learning_rate_input = number_of([&](const Value* input) { return input == rate_; });
  }

  std::shared_ptr<Graph> graph_;
  GraphBuilder g_;
  const TrainingSpec& spec_;
  const TrainingOutputs& wanted_;
  const PaddingRows padding_;
  TrainingStep step_;
  std::vector<Value*> weights_;
  std::vector<Value*> model_outputs_;
  Gradients gradients_;
  std::vector<Value*> rows_;      // Those that the gradient of a weight is of; nullptr: of all.
  Value* steps_ = nullptr;        // Steps done; nullptr when there is no backward part.
  Value* has_targets_ = nullptr;  // Whether any target counts; nullptr: they always do.
  Value* is_due_ = nullptr;       // Whether the step updates; nullptr: each does.
  std::vector<OtherState> other_states_;  // Those that follow the weights.
  Value* rate_ = nullptr;
};

Tensor zeros_of(const Value& input) {
  if (!input.type().is_static()) {
    fail("carried input '{}' is {}; give its open extents a size with --dim", input.name(),
         to_string(input.type()));
  }
  return {input.type().dtype, input.type().dims()};
}

}  // namespace

TrainingStep build_training_step(const Graph& model, const TrainingSpec& spec,
                                 const TrainingOutputs& outputs) {
  const std::vector<std::string> trainable =
      spec.trainable.empty() ? default_trainable(model, {spec.loss.output}) : spec.trainable;
  std::shared_ptr<Graph> whole;
  if (!spec.dropout.empty() && outputs.has_backward()) {
    whole = model.clone();
    add_dropout(*whole, spec.dropout);
  }
  std::shared_ptr<Graph> graph = prepare_for_training(whole == nullptr ? model : *whole, trainable);
  return StepBuilder(std::move(graph), spec, outputs, checked_padding(model, spec.padding)).build();
}

void carry_in_states(TrainingStep& step, const std::vector<CarriedState>& carried) {
  const auto& inputs = step.graph->inputs();
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const auto input = std::find_if(inputs.begin(), inputs.end(), [&](const Value* value) {
      return value->name() == carried[i].input;
    });
    if (input == inputs.end()) {
      fail("the model has no input '{}' to carry a state into", carried[i].input);
    }
    const std::size_t output = step.first_model_output + i;
    const Type& next = step.graph->outputs()[output].value->type();
    if (!(next == (*input)->type())) {
      fail("output '{}' is {} but is carried into input '{}', which is {}", carried[i].output,
           to_string(next), carried[i].input, to_string((*input)->type()));
    }
    step.states.push_back({carried[i].input, zeros_of(**input),
                           static_cast<std::size_t>(input - inputs.begin()), output});
  }
}

}  // namespace gatefold
