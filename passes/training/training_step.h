#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/training/add_dropout.h"
#include "passes/training/carried_state.h"
#include "passes/training/loss.h"
#include "passes/training/optimizer.h"
#include "passes/training/padding_rows.h"
#include "passes/training/schedule.h"

namespace gatefold {

/// The description of a training step: its loss, its optimizer, and the weights that it trains.
struct TrainingSpec {
  LossSpec loss = {};
  OptimizerSpec optimizer = {};
  /// Schedule to compute as part of the step, whose "learning_rate" then is the base rate; none:
  /// each step is given its rate.
  std::optional<ScheduleSpec> schedule = {};
  /// Names of the parameters to train, as far as the loss depends on them; empty: those of
  /// default_trainable.
  std::vector<std::string> trainable = {};
  double clip_norm = 0;         ///< Largest norm of all gradients together; 0: no limit.
  double clip_value = 0;        ///< Largest size of a gradient's element; 0: no limit.
  std::int64_t accumulate = 1;  ///< Steps whose gradients are averaged for one update.
  std::int64_t seed = 0;        ///< Seed for Dropout.
  /// What is dropped beside what the model's own Dropout nodes drop, while it is trained.
  std::vector<DropoutRule> dropout = {};
  PaddingRows padding = {};  ///< Rows whose gradient is zero, that of weight decay aside.
  /// Time steps that recurrent layers recompute at a time in the backward step; 0: none, what it
  /// needs of all steps is kept. Saved runs are something else: see session/training/checkpoint.h.
  std::int64_t checkpoint_every = 0;
};

/// What the graph of a step delivers beside the loss.
struct TrainingOutputs {
  std::vector<std::string> model = {};  ///< Outputs of the model.
  /// Whether the step updates its states. Without an update its states are the weights and, with
  /// gradients, the number of steps done, which says what Dropout drops; they do not change.
  /// Without either it delivers only the loss and the outputs of the model.
  bool update = true;
  bool gradients = false;  ///< Deliver those of all trained parameters, before clipping.

  bool has_backward() const { return update || gradients; }
};

/// An array that each step hands to the next: a weight, what the optimizer keeps for it, the number
/// of steps done.
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
/// model, gradients, and the states' next values, if it updates them. `states` says what the next
/// step must be given. A step in which no target counts leaves all states as they are; its loss is
/// 0.
struct TrainingStep {
  std::shared_ptr<Graph> graph;
  std::vector<std::string> weights;   ///< The trained parameters.
  std::vector<TrainingState> states;  ///< The weights first, then the rest.
  std::size_t target_input = 0;
  std::size_t learning_rate_input = 0;
  double learning_rate = 0;            ///< Before any schedule.
  std::size_t first_model_output = 0;  ///< They follow in the order wanted.
  std::size_t first_gradient = 0;      ///< One per weight, in their order.
  /// The state that counts the steps in which a target counts, if there is one.
  std::optional<std::size_t> step_count = {};
};

/// Passes that clean up the graph of a step; running them again changes nothing.
inline constexpr std::string_view kStepPasses =
    "fold-constants,remove-identities,collapse-moves,fold-constants,remove-identities,"
    "merge-duplicates,remove-dead";

/// Builds the graph of a step from a model's graph as it was imported: turns parameters that are
/// not trained into constants, runs the training pipeline, and adds loss, gradients and update.
/// Throws Error for an unknown name, a path that cannot be differentiated, a loss that depends on
/// none of the parameters, and as add_dropout and checked_padding do.
TrainingStep build_training_step(const Graph& model, const TrainingSpec& spec,
                                 const TrainingOutputs& outputs);

/// Turns carried inputs into states of a step that delivers the outputs carried into them, in their
/// order. Throws Error for an unknown input, an input with open extents, and an output of another
/// type.
void carry_in_states(TrainingStep& step, const std::vector<CarriedState>& carried);

}  // namespace gatefold
