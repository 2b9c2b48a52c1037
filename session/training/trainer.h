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

/// The arrays of one step by name: the inputs of the model that are not carried, and the targets.
using Batch = std::map<std::string, Tensor>;

/// Trains one model step by step, or only computes its loss, or the gradients of it, when no update
/// is wanted.
class Trainer {
 public:
  /// Builds the training step of a model. `outputs` says what results deliver; the trainer sets
  /// `updates` and `checks` of the options itself. Throws Error for a plan that does not fit the
  /// model.
  Trainer(const Graph& model, const TrainingPlan& plan, const TrainingOutputs& outputs,
          const CompileOptions& options);
  /// Trains by a complete step that updates; only the learning rate of the plan is used.
  Trainer(TrainingStep step, const TrainingPlan& plan, const CompileOptions& options);

  /// What a step computed before its update. The data are valid until the next step.
  struct Result {
    double loss = 0;
    double gradient_norm = 0;          ///< Before clipping; 0 without a backward part.
    std::span<const Datum> outputs;    ///< Outputs of the model, in the order wanted.
    std::span<const Datum> gradients;  ///< One per weight, when wanted.
  };

  /// Takes one step on a batch. Throws Error for an array that is missing or does not fit, and when
  /// the loss or the norm of the gradients is not finite; no weight has been changed then, and the
  /// message says which node made the first such number.
  Result step(const Batch& batch);

  /// Returns the Context that runs the steps.
  Context& context() { return *context_; }

  /// Returns the inputs that a batch must give.
  std::vector<const Value*> data_inputs() const;

  /// Returns how many steps have been taken, those of a restored run included.
  std::int64_t steps_done() const { return steps_done_; }
  /// Returns the learning rate of the next update.
  double learning_rate() const { return schedule_.rate_at(useful_steps() / plan_.step.accumulate); }
  Schedule& schedule() { return schedule_; }
  const Schedule& schedule() const { return schedule_; }
  /// Sets the carried inputs to zero, so that the next step does not continue the last one.
  void forget_carried();

  const std::vector<std::string>& weight_names() const { return step_.weights; }
  /// Returns the weights in the order of weight_names(), then the other states. The tensors share
  /// their memory with the trainer; read them before the next step.
  const std::vector<Tensor>& states() const { return states_; }
  const std::vector<TrainingState>& state_descriptions() const { return step_.states; }
  /// Checks that all states are finite. Throws Error if not.
  void require_finite_states() const;
  /// Returns what is carried into the next step, in the order of the plan; empty before the first.
  const std::vector<Tensor>& carried() const { return carried_; }
  /// Returns how many states the plan carries.
  std::size_t carried_count() const { return plan_.carried.size(); }
  /// Continues from the states of another trainer of the same plan: all of them, or only the
  /// weights.
  void restore(std::span<const Tensor> states, std::span<const Tensor> carried,
               std::int64_t steps_done);

  /// Makes a trainer of the same weights, which have the numbers of the model, that does not update
  /// them. `model` is the one that this trainer was made of.
  std::unique_ptr<Trainer> make_judge(const Graph& model, const TrainingOutputs& outputs) const;
  /// Takes the weights, and the number of steps done, of the trainer that this judge is of.
  void follow(const Trainer& trainer);
  /// Takes what that trainer carries into its next step.
  void follow_carried(const Trainer& trainer);

 private:
  Trainer(TrainingStep step, const TrainingPlan& plan, TrainingOutputs outputs,
          const CompileOptions& options);

  /// Returns the steps taken, without those in which no target counts.
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
  TrainingOutputs wanted_;  // In the step, the carried outputs of the model follow those wanted.
  CompileOptions options_;
  std::unique_ptr<Context> context_;
  std::vector<Datum> inputs_;
  std::vector<bool> is_data_;  // For each input whether a batch gives it.
  std::vector<Tensor> states_;
  std::vector<Tensor> memory_;  // One per output of the step: the state that it updates.
  std::vector<Tensor> carried_;
  std::vector<std::size_t> carried_inputs_;  // The inputs that take them.
  std::int64_t steps_done_ = 0;
};

/// Returns the present weights by name.
std::map<std::string, Tensor> trained_weights(const Trainer& trainer);
/// Returns all present states by name.
std::map<std::string, Tensor> trained_states(const Trainer& trainer);

}  // namespace gatefold
