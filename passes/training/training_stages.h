#pragma once

#include "ir/graph.h"
#include "passes/training/training_step.h"

/// Training as model files describe it: see TrainingStage.
namespace gatefold {

/// Runs the initializations of all stages and stores their outputs. Throws Error when one fails.
void initialize_training(Model& model);

/// Joins the stages of a model into one step: each runs the model's graph and its algorithm, and
/// sees what the stages before it have stored.
///
/// Inputs of the step's graph are those of the model and of the algorithms, "learning_rate" and the
/// states: every initializer that is stored into, by its name. "learning_rate" stands for a scalar
/// initializer of that name in an algorithm. Its outputs are the loss, "gradient_norm", and the
/// states' next values. The loss is the first output of an algorithm that is one floating-point
/// number and not stored, gradient_norm one of that name; what no algorithm delivers is zero.
/// Throws Error: nothing is stored, an algorithm reads a value that the model does not have.
TrainingStep join_stages(const Model& model);

/// Makes the stage that does the same as a step, which was built for the model with an update and
/// without further outputs. Weights stay initializers of the model's graph; other states and the
/// learning rate become initializers of the algorithm, the targets its input.
TrainingStage make_stage(const TrainingStep& step, const Graph& model);

}  // namespace gatefold
