#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/training/loss.h"

/// The loss of a model and its gradients as graphs of their own, for examining them. All graphs
/// made from one model for one loss take the same inputs in the same order: those of the model,
/// those of the loss, and the parameters in question.
namespace gatefold {

/// What to differentiate, and by which values.
struct LossQuestion {
  /// Without one the loss is sum(r * y), summed over all floating-point outputs y of the model;
  /// each r is an input of the type of its output.
  std::optional<LossSpec> loss = {};
  std::vector<std::string> parameters = {};
  std::vector<std::string> inputs = {};  ///< Floating-point inputs of the model.
};

/// Builds the loss of a model as it was imported; the loss is the only output. Throws Error for an
/// unknown name and for a loss that does not fit the model's output.
std::shared_ptr<Graph> build_loss(const Graph& model, const LossQuestion& question);

/// Builds loss and gradients as training does: runs the training pipeline on the model, adds its
/// loss, and adds the backward graph. Outputs: "loss", the gradients by the parameters, the
/// gradients by the inputs, each of the type of what it belongs to. Throws Error as build_loss
/// does, and for what cannot be differentiated.
std::shared_ptr<Graph> build_loss_gradients(const Graph& model, const LossQuestion& question);

}  // namespace gatefold
