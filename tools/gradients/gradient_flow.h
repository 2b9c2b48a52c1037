#pragma once

#include <string>
#include <vector>

#include "tools/gradients/loss_problem.h"

namespace gatefold::tools {

/// How much the loss depends on one direction of a recurrent layer, step by step. A step of a
/// sequence counts when it is below the sequence's length (sequence_lens) and the gradient of the
/// loss by its h is not zero: dH[t,n], along all the ways from h to the loss, through the step's
/// output and through the steps that follow. So padding, whose targets are ignored, does not count.
struct LayerFlow {
  std::string layer;  ///< Name of the node, or of the tensor in its W where it has none.
  std::string op;     ///< LSTM, GRU or RNN.
  bool is_reverse = false;
  /// In the order of time: the geometric mean of |dH[t,n]| over the sequences n in which step t
  /// counts, 0 where it does in none. Sequences whose gradient begins at an earlier step than that
  /// of others (the last one that counts, of a reverse direction the first) are moved there.
  std::vector<double> norms;
  /// The factor by which a gradient changes from a step to the one computed before it, t' to t: the
  /// geometric mean of |G[t,n]| / |G[t',n]| over all sequences and steps where it is not zero. G is
  /// dH when the loss enters every sequence only where its gradient begins, so that the
  /// contributions of earlier steps' outputs are no growth. Below 1 the gradient vanishes, above 1
  /// it explodes; 0 when it reaches no step before those at which it begins, 1 when there are none.
  double factor_per_step = 1;
};

struct ParameterFlow {
  std::string name;
  double norm = 0;           ///< Norm of the gradient.
  double relative_norm = 0;  ///< Norm of the gradient divided by that of the parameter.
};

struct GradientFlow {
  std::string model;  ///< What the user calls it.
  double loss = 0;
  std::vector<LayerFlow> layers = {};  ///< From the input of the model to its output.
  std::vector<ParameterFlow> parameters = {};
};

/// Computes the loss and its gradients once, with the kernels. Throws Error when one is not finite.
GradientFlow measure_gradient_flow(const std::string& model, const LossProblem& problem,
                                   int threads);

/// {"loss", "layers": [{"layer", "operator", "direction", "factor_per_step", "norms"}],
/// "parameters": [{"name", "norm", "relative_norm"}]}; of several models a list of such objects,
/// each with "model".
std::string to_json(const std::vector<GradientFlow>& flows);

/// A plot of the norms over the steps as SVG: one line per layer and direction of each model, norms
/// on a logarithmic axis.
std::string to_svg(const std::vector<GradientFlow>& flows);

}  // namespace gatefold::tools
