#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "passes/training/training_step.h"
#include "session/training/schedule.h"
#include "session/training/training_plan.h"

namespace gatefold {

/// Arrays of one step by name: the inputs of the model that are not carried, and the targets.
using Batch = std::map<std::string, Tensor>;

/// Trains one model, step by step; or judges it, when no update is wanted.
class Trainer {
 public:
  /// `outputs.model` are the outputs of the model that results carry; of the options, updates and
  /// checks are the trainer's own. Throws Error for a plan that
  /// does not go with the model.
  Trainer(const Graph& model, const TrainingPlan& plan, const TrainingOutputs& outputs,
          const CompileOptions& options);
  /// Trains by a step that updates and is complete; the plan gives the learning rate and no more.
  Trainer(TrainingStep step, const TrainingPlan& plan, const CompileOptions& options);

  /// What a step found before its update. The data are valid until the next step.
  struct Result {
    double loss = 0;
    double gradient_norm = 0;
    std::span<const Datum> outputs;    ///< Of the model, as wanted.
    std::span<const Datum> gradients;  ///< One per weight, when wanted.
  };

  /// One step on a batch. Throws Error: an array is missing or does not fit; the loss or the norm
  /// of the gradients is not finite, in which case no weight has been changed, and the message says
  /// which node made the first such number.
  Result step(const Batch& batch);

  /// What runs the steps.
  Context& context() { return *context_; }

  /// The inputs that a batch must give.
  std::vector<const Value*> data_inputs() const;

  std::int64_t steps_done() const { return steps_done_; }
  double learning_rate() const { return schedule_.rate_at(useful_steps() / plan_.step.accumulate); }
  Schedule& schedule() { return schedule_; }
  const Schedule& schedule() const { return schedule_; }
  /// Makes carried inputs zero again: what follows does not go on from what was before.
  void forget_carried();

  const std::vector<std::string>& weight_names() const { return step_.weights; }
  /// The weights, in the order of their names, then what else lives from step to step; shared with
  /// the trainer, to be read before the next step.
  const std::vector<Tensor>& states() const { return states_; }
  const std::vector<TrainingState>& state_descriptions() const { return step_.states; }
  /// Throws Error when an element of a state is no number or infinite.
  void require_finite_states() const;
  /// What is carried into the next step, in the order of the plan; empty before the first one.
  const std::vector<Tensor>& carried() const { return carried_; }
  /// How many states the plan carries.
  std::size_t carried_count() const { return plan_.carried.size(); }
  /// Goes on from the states of another trainer of the same plan: all of them, or the weights.
  void restore(std::span<const Tensor> states, std::span<const Tensor> carried,
               std::int64_t steps_done);

 private:
  Trainer(TrainingStep step, const TrainingPlan& plan, bool is_updating,
          const CompileOptions& options);

  /// Steps done, less those without targets.
  std::int64_t useful_steps() const;
  void set_inputs(const Batch& batch);
  void require_finite(const Result& result, const Batch& batch) const;
  std::string remedy() const;
  void set_carried(std::vector<Tensor> carried);
  void go_on(std::span<const Datum> outputs);
  Tensor zeros_for(const Value& input, const Batch& batch) const;

  TrainingPlan plan_;
  Schedule schedule_;
  TrainingStep step_;
  std::size_t wanted_outputs_ = 0;  // Of the model; the carried ones follow.
  bool is_updating_;
  CompileOptions options_;
  std::unique_ptr<Context> context_;
  std::vector<Datum> inputs_;
  std::vector<std::size_t> unread_inputs_;  // Those that the data may lack.
  std::vector<Tensor> states_;
  std::vector<Tensor> memory_;  // Of the step's outputs: the states that they update.
  std::vector<Tensor> carried_;
  std::vector<std::size_t> carried_inputs_;  // Where they go in.
  std::int64_t steps_done_ = 0;
};

/// The weights by name, as they are now.
std::map<std::string, Tensor> trained_weights(const Trainer& trainer);
/// The same for all states.
std::map<std::string, Tensor> trained_states(const Trainer& trainer);

}  // namespace gatefold
