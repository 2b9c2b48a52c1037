#pragma once

#include <string>
#include <vector>

#include "tools/gradients/loss_problem.h"

namespace gatefold::tools {

/// How much the loss depends on one direction of a recurrent layer, step by step.
struct LayerFlow {
  std::string layer;  ///< Name of the node, or of its W where it has none.
  std::string op;     ///< LSTM, GRU or RNN.
  bool is_reverse = false;
  /// Norm, over the batch, of the gradient by h after each step, in the order of time: all the ways
  /// from h to the loss, through the step's output and through the steps that follow.
  std::vector<double> norms;

  /// By what the norm is multiplied from a step to the one computed before it, on average: below 1
  /// the gradient vanishes, above it explodes. 1 for fewer than two steps that are not zero.
  double factor_per_step() const;
};

struct ParameterFlow {
  std::string name;
  double norm = 0;           ///< Of the gradient.
  double relative_norm = 0;  ///< Of the gradient, divided by that of the parameter.
};

struct GradientFlow {
  double loss = 0;
  std::vector<LayerFlow> layers;  ///< From the input of the model to its output.
  std::vector<ParameterFlow> parameters;
};

/// Computes the loss and its gradients once, with the kernels. Throws Error when the loss is not a
/// number.
GradientFlow measure_gradient_flow(const LossProblem& problem, int threads);

/// {"loss", "layers": [{"layer", "operator", "direction", "factor_per_step", "norms"}],
/// "parameters": [{"name", "norm", "relative_norm"}]}
std::string to_json(const GradientFlow& flow);

/// A plot of the norms over the steps as SVG: one line per layer and direction, norms on a
/// logarithmic axis.
std::string to_svg(const GradientFlow& flow);

}  // namespace gatefold::tools
