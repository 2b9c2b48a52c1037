#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/training/carried_state.h"
#include "passes/training/loss.h"
#include "passes/training/optimizer.h"
#include "passes/training/schedule.h"

namespace gatefold {

/// What one training step does to which weights.
struct TrainingSpec {
  LossSpec loss;
  OptimizerSpec optimizer;
  /// Of the learning rate, as part of the step, whose "learning_rate" is the base then; none: each
  /// step is given its rate.
  std::optional<ScheduleSpec> schedule = {};
  /// Names of the parameters that change as far as the loss depends on them; empty:
  /// default_trainable.
  std::vector<std::string> trainable;
  double clip_norm = 0;         ///< Most that the norm of all gradients together may be; 0: any.
  double clip_value = 0;        ///< Most that an element of a gradient may be; 0: any.
  std::int64_t accumulate = 1;  ///< Steps whose gradients are averaged for one update.
  std::int64_t seed = 0;        ///< Of what Dropout drops.
  /// Time steps that recurrent layers recompute at a time in the backward step; 0: none, what it
  /// needs of all steps is kept. Saved runs are something else: see session/training/checkpoint.h.
  std::int64_t checkpoint_every = 0;
};

/// What a step's graph delivers beside the loss.
struct TrainingOutputs {
  std::vector<std::string> model = {};  ///< Outputs of the model.
  /// Backward part and update; without them the graph only judges: it delivers the loss and the
  /// outputs of the model, and its only states are the weights, which stay.
  bool update = true;
  bool gradients = false;  ///< Of every trained parameter, before clipping.
};

/// An array that lives from step to step: a weight, what the optimizer keeps for it, the number of
/// steps done.
struct TrainingState {
  std::string name;
  Tensor initial;
  std::size_t input = 0;   ///< Number of the graph input that takes it.
  std::size_t output = 0;  ///< Number of the graph output that delivers its next value, if any.
};

/// A whole training step as one graph: forward, loss, backward, clipping, update.
///
/// Its inputs are those of the model, the targets (by the name the loss gives them),
/// "learning_rate" (a scalar: float, or double where a schedule makes the rate of it), and the
/// states; its outputs are "loss", "gradient_norm" (before clipping), the wanted outputs of the
/// model, gradients, and the states' next values. What the next step must be given is told by
/// `states`. A step in which no target counts leaves them all as they are; its loss is 0.
struct TrainingStep {
  std::shared_ptr<Graph> graph;
  std::vector<std::string> weights;   ///< The trained parameters.
  std::vector<TrainingState> states;  ///< The weights first, then the rest.
  std::size_t target_input = 0;
  std::size_t learning_rate_input = 0;
  double learning_rate = 0;            ///< Before any schedule.
  std::size_t first_model_output = 0;  ///< In the order wanted.
  std::size_t first_gradient = 0;      ///< One per weight, in their order.
  /// Which state counts the steps that were of use for an update, if one does.
  std::optional<std::size_t> step_count = {};
};

/// What cleans a step's graph up; doing so again changes nothing.
inline constexpr std::string_view kStepPasses =
    "fold-constants,remove-identities,collapse-moves,fold-constants,remove-identities,"
    "merge-duplicates,remove-dead";

/// Makes the graph of a step from a model's graph as it was imported; parameters that are not
/// trained become constants, the training pipeline is run, then what makes it a step is added.
/// Throws Error: an unknown name, a path that cannot be differentiated, a loss that depends on none
/// of the parameters.
TrainingStep build_training_step(const Graph& model, const TrainingSpec& spec,
                                 const TrainingOutputs& outputs);

/// Makes what is carried states of a step that delivers the outputs in question, in their order.
/// Throws Error for an unknown input, one whose extents are open, and an output of another type.
void carry_in_states(TrainingStep& step, const std::vector<CarriedState>& carried);

}  // namespace gatefold
