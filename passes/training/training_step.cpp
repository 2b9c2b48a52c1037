#include "passes/training/training_step.h"

#include <algorithm>
#include <utility>

#include "ir/error.h"
#include "ir/infer.h"
#include "passes/gradients/gradients.h"
#include "passes/pipeline.h"
#include "passes/training/model_parts.h"

namespace gatefold {
namespace {

/// What is cleaned up when backward part and update have been added.
constexpr std::string_view kStepPasses =
    "fold-constants,remove-identities,collapse-moves,fold-constants,remove-identities,"
    "merge-duplicates,remove-dead";

/// Turns a model's optimized graph into a step.
class StepBuilder {
 public:
  StepBuilder(std::shared_ptr<Graph> graph, const TrainingSpec& spec, const TrainingOutputs& wanted)
      : graph_(std::move(graph)),
        g_(*graph_),
        spec_(spec),
        wanted_(wanted),
        weights_(spec.trainable.empty() ? parameters_of(*graph_)
                                        : find_parameters(*graph_, spec.trainable)) {}

  TrainingStep build() {
    for (const std::string& name : wanted_.model) {
      model_outputs_.push_back(find_output(*graph_, name));
    }
    Value* loss = add_loss();
    rate_ = graph_->add_input(graph_->unique_name("learning_rate"), {DataType::kFloat32, Dims{}});
    while (!graph_->outputs().empty()) graph_->erase_output(graph_->outputs().size() - 1);
    graph_->add_output("loss", loss);
    if (wanted_.update) {
      add_backward(*loss);
    } else {
      deliver_model_outputs();
      keep_weights();
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
  Value* add_loss() {
    const std::string name =
        spec_.loss.output.empty() ? graph_->outputs().front().name : spec_.loss.output;
    Value* output = find_output(*graph_, name);
    if (graph_->unique_name(spec_.loss.target) != spec_.loss.target) {
      fail("the targets are called '{}', but so is a value of the model; call them otherwise",
           spec_.loss.target);
    }
    target_ = graph_->add_input(spec_.loss.target, target_type(spec_.loss, output->type()));
    return gatefold::add_loss(g_, spec_.loss, *output, *target_);
  }

  void add_backward(Value& loss) {
    gradients_ = add_gradients(*graph_, loss, nullptr, weights_);
    leave_out_what_does_not_matter();
    Value* norm = add_norm();
    graph_->add_output("gradient_norm", norm);
    deliver_model_outputs();
    deliver_gradients();
    clip(norm);
    add_updates();
  }

  // Parameters that the loss does not depend on stay as they are, like in PyTorch.
  void leave_out_what_does_not_matter() {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (gradients_[i] != nullptr) continue;
      if (!spec_.trainable.empty()) {
        fail("the loss does not depend on parameter '{}'; do not train it", weights_[i]->name());
      }
      weights_[i] = nullptr;
    }
    std::erase(weights_, nullptr);
    std::erase(gradients_, nullptr);
    if (weights_.empty()) fail("the loss depends on no parameter that may be trained");
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

  void clip(Value* norm) {
    for (Value* gradient : gradients_) {
      Term limited(g_, gradient);
      if (spec_.clip_value > 0) {
        limited = limited.apply("Max", limited.number(-spec_.clip_value))
                      .apply("Min", limited.number(spec_.clip_value));
      }
      if (spec_.clip_norm > 0) {
        const Term factor = Term(g_, norm).number(spec_.clip_norm) / (Term(g_, norm) + 1e-6);
        limited = limited * factor.apply("Min", factor.number(1)).apply("CastLike", gradient);
      }
      clipped_.push_back(limited);
    }
  }

  void deliver_model_outputs() {
    step_.first_model_output = graph_->outputs().size();
    for (std::size_t i = 0; i < model_outputs_.size(); ++i) {
      graph_->add_output(wanted_.model[i], model_outputs_[i]);
    }
  }

  void deliver_gradients() {
    step_.first_gradient = graph_->outputs().size();
    if (!wanted_.gradients) return;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      graph_->add_output(gradient_name(*weights_[i]), gradients_[i]);
    }
  }

  void add_updates() {
    Value* done = graph_->add_input(graph_->unique_name("steps"), {DataType::kFloat64, Dims{}});
    const Term step = Term(g_, done) + 1.0;
    std::vector<WeightUpdate> updates;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      updates.push_back(add_update(g_, spec_.optimizer, *weights_[i], *clipped_[i], {rate_, step}));
      add_state(*weights_[i], *weights_[i]->data(), updates.back().weight);
    }
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      for (const OptimizerSlot& slot : updates[i].slots) {
        add_state(*slot.before, filled_like(*weights_[i]->data(), slot.initial), slot.after);
      }
    }
    add_state(*done, Tensor::scalar<double>(0), step);
  }

  void keep_weights() {
    for (const Value* weight : weights_) step_.states.push_back({weight->name(), *weight->data()});
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
    step_.target_input = number_of([&](const Value* input) { return input == target_; });
    step_.learning_rate_input = number_of([&](const Value* input) { return input == rate_; });
  }

  std::shared_ptr<Graph> graph_;
  GraphBuilder g_;
  const TrainingSpec& spec_;
  const TrainingOutputs& wanted_;
  TrainingStep step_;
  std::vector<Value*> weights_;
  std::vector<Value*> model_outputs_;
  Gradients gradients_;
  Gradients clipped_;
  Value* target_ = nullptr;
  Value* rate_ = nullptr;
};

}  // namespace

TrainingStep build_training_step(const Graph& model, const TrainingSpec& spec,
                                 const TrainingOutputs& outputs) {
  std::shared_ptr<Graph> graph = prepare_for_training(
      model, spec.trainable.empty() ? default_trainable(model) : spec.trainable);
  return StepBuilder(std::move(graph), spec, outputs).build();
}

}  // namespace gatefold
