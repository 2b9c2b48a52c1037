#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// How weights follow their gradients. What is not given is as in torch.optim, where some defaults
/// depend on the type: see with_defaults.
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

/// sgd, adam, adamw, adagrad, rmsprop.
std::vector<std::string_view> optimizer_names();

/// The same with the defaults of its type where nothing is given: learning_rate 0.01 of adagrad and
/// rmsprop, 0.001 of others; weight_decay 0.01 of adamw, 0 of others; epsilon 1e-10 of adagrad,
/// 1e-8 of others. Source: torch.optim. Throws Error for an unknown optimizer.
OptimizerSpec with_defaults(OptimizerSpec spec);

/// A number array that an optimizer keeps from step to step for one weight.
struct OptimizerSlot {
  std::string name;    ///< "momentum", "exp_avg", ...
  double initial = 0;  ///< Every element at the start.
  Value* before = nullptr;
  Value* after = nullptr;
};

struct WeightUpdate {
  Value* weight = nullptr;
  std::vector<OptimizerSlot> slots;
};

/// What the updates of all weights in a step share.
struct StepNumbers {
  Value* learning_rate;  ///< float scalar
  Value* step;           ///< double scalar: 1 in the first step
};

/// How a weight should change: its gradient, or that of some rows, the others being zero.
struct WeightGradient {
  Value* gradient;
  Value* rows =
      nullptr;  ///< Which, int64 [M, 1]; a row may come up again with zeros. nullptr: all.
};

/// Whether rows whose gradient is zero stay as they are, all that is kept for them included.
bool updates_by_rows(const OptimizerSpec& spec);

/// Adds one update to the graph; the slots' `before` become inputs of it, of the weight's type.
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
/// Source: torch.optim. A gradient of rows only is for optimizers that updates_by_rows.
/// Throws Error for an unknown optimizer and settings out of range.
WeightUpdate add_update(GraphBuilder& g, const OptimizerSpec& spec, Value& weight,
                        const WeightGradient& gradient, const StepNumbers& numbers);

}  // namespace gatefold
