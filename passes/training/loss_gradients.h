#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/training/loss.h"

/// The loss of a model and its gradients as graphs of their own, for looking at them. All graphs
/// that are made from one model for one loss take the same inputs in the same order: those of the
/// model, those of the loss, and the parameters in question.
namespace gatefold {

/// What is differentiated by what.
struct LossQuestion {
  /// Without one the loss is sum(r * y), summed over all floating-point outputs y of the model; r
  /// are inputs of the types of the outputs.
  std::optional<LossSpec> loss = {};
  std::vector<std::string> parameters = {};
  std::vector<std::string> inputs = {};  ///< Of the model; floating-point ones.
};

/// The loss of a model as it was imported; the only output. Throws Error for an unknown name and a
/// loss that the model's output does not go with.
std::shared_ptr<Graph> build_loss(const Graph& model, const LossQuestion& question);

/// As in training: the model through the training pipeline, its loss, and the backward graph.
/// Outputs: "loss", the gradients by the parameters, the gradients by the inputs, each of the type
/// of what it is the gradient of. Throws Error in addition for what cannot be differentiated.
std::shared_ptr<Graph> build_loss_gradients(const Graph& model, const LossQuestion& question);

}  // namespace gatefold
