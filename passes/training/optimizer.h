#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// An optimizer and its settings. Settings that are not given are as in torch.optim, where some
/// defaults depend on the type: see with_defaults.
struct OptimizerSpec {
  std::string type = "sgd";  ///< One of optimizer_names().
  std::optional<double> learning_rate = {};
  std::optional<double> weight_decay = {};
  double momentum = 0;  ///< sgd, rmsprop
  double dampening = 0;
  bool nesterov = false;
  double beta1 = 0.9;  ///< adam, adamw
  double beta2 = 0.999;
  std::optional<double> epsilon = {};
  bool amsgrad = false;
  double learning_rate_decay = 0;  ///< adagrad
  double initial_accumulator = 0;
  double alpha = 0.99;  ///< rmsprop
  bool centered = false;
};

/// Returns sgd, adam, adamw, adagrad, rmsprop.
std::vector<std::string_view> optimizer_names();

/// Fills in the defaults of the type for what is not given: learning_rate 0.01 for adagrad and
/// rmsprop, else 0.001; weight_decay 0.01 for adamw, else 0; epsilon 1e-10 for adagrad, else 1e-8.
/// Source: torch.optim. Throws Error for an unknown optimizer.
OptimizerSpec with_defaults(OptimizerSpec spec);

/// An array that an optimizer keeps from step to step for one weight.
struct OptimizerSlot {
  std::string name;    ///< "momentum", "exp_avg", ...
  double initial = 0;  ///< Value of every element at the start.
  Value* before = nullptr;
  Value* after = nullptr;
};

/// A weight after its update, and what the optimizer keeps for it.
struct WeightUpdate {
  Value* weight = nullptr;
  std::vector<OptimizerSlot> slots;
};

/// The numbers that the updates of all weights in a step share.
struct StepNumbers {
  Value* learning_rate;  ///< float scalar
  Value* step;           ///< double scalar: 1 in the first step
};

/// The gradient of a weight: of all of it, or of some of its rows along axis 0, that of the others
/// being zero.
struct WeightGradient {
  Value* gradient;
  /// The numbers of the rows, int64 [M, 1]; a row may occur again with zeros. nullptr: all rows.
  Value* rows = nullptr;
};

/// Returns whether an update leaves rows whose gradient is zero as they are, together with
/// everything that the optimizer keeps for them.
bool updates_by_rows(const OptimizerSpec& spec);

/// Adds one update to the graph; the slots' `before` become its inputs, of the weight's type.
/// With w the weight, g its gradient, t the step:
///   sgd: g += weight_decay w; m = momentum m + (1 - dampening) g, in the first step m = g;
///        w -= lr m, with nesterov lr (g + momentum m)
///   adam: g += weight_decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
///         w -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
///   adamw: w *= 1 - lr weight_decay, then adam without weight decay
///   adagrad: g += weight_decay w; s += g^2;
///            w -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + epsilon)
///   rmsprop: g += weight_decay w; s = alpha s + (1 - alpha) g^2;
///            d = g / (sqrt(s) + epsilon), centered: s less the square of g's own running mean;
///            m = momentum m + d; w -= lr m
/// Source: torch.optim. A gradient of some rows is allowed only if updates_by_rows.
/// Throws Error for an unknown optimizer and settings out of range.
WeightUpdate add_update(GraphBuilder& g, const OptimizerSpec& spec, Value& weight,
                        const WeightGradient& gradient, const StepNumbers& numbers);

}  // namespace gatefold
