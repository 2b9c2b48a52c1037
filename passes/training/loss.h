#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/graph_builder.h"

namespace gatefold {

/// What training makes small.
struct LossSpec {
  std::string type;                ///< One of loss_names().
  std::string output = {};         ///< The graph output that is judged; empty: the first.
  std::string target = "target";   ///< What the array of right answers is called.
  std::string reduction = "mean";  ///< Over all elements: "mean" or "sum".
  std::int64_t class_axis = -1;    ///< Of losses over classes.
  std::optional<std::int64_t> ignore_index = {};  ///< A class that counts for nothing.
  double delta = 1;  ///< Of the Huber loss: where it turns from square to straight.
};

/// cross_entropy, nll, mse, l1, huber, bce, bce_with_logits.
std::vector<std::string_view> loss_names();

/// The type of the targets that go with a judged output: classes, int64 without the class axis, or
/// numbers in the output's own shape. Throws Error for an unknown loss or an output it cannot take.
Type target_type(const LossSpec& spec, const Type& output);

/// Adds the loss to the graph; a scalar. With y the output, t the target:
///   cross_entropy: -log softmax(y)[t] along the class axis; nll: -y[t], y being log-probabilities
///   mse: (y - t)^2; l1: |y - t|; huber: (y - t)^2 / 2 up to |y - t| = delta, a line beyond
///   bce: -t log y - (1 - t) log(1 - y), logarithms bounded by -100; bce_with_logits: of sigmoid(y)
/// Reduction mean divides by the number of elements, of those that are not ignored for classes.
/// Source: torch.nn.functional.
Value* add_loss(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target);

}  // namespace gatefold
