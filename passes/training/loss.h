#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// What training makes small.
struct LossSpec {
  std::string type;                ///< One of loss_names().
  std::string output = {};         ///< The graph output that is judged; empty: the first.
  std::string target = "target";   ///< What the array of right answers is called.
  std::string reduction = "mean";  ///< Over all elements: "mean" or "sum".
  std::int64_t class_axis = -1;    ///< Of losses over classes.
  /// Of cross_entropy and nll: a class that counts for nothing.
  std::optional<std::int64_t> ignore_index = -100;
  std::vector<double> class_weights = {};  ///< How much each class counts; empty: all the same.
  double label_smoothing = 0;  ///< Of cross_entropy: the share of a target that all classes get.
  double delta = 1;            ///< Of huber and smooth_l1: where they turn from square to straight.
  std::int64_t blank = 0;      ///< Of ctc: the class that is no label.
  std::int64_t time_axis = 0;  ///< Of ctc: 0 or 1, the axis of the judged output that is no batch.
  bool zero_infinity = false;  ///< Of ctc: what cannot be labelled counts for nothing.
};

/// cross_entropy, nll, ctc, mse, l1, huber, smooth_l1, bce, bce_with_logits.
std::vector<std::string_view> loss_names();

/// The class that counts for nothing, if there is one and the loss is over classes.
std::optional<std::int64_t> ignored_class(const LossSpec& spec);

/// An array of right answers that a loss takes.
struct LossInput {
  std::string name;
  Type type;
  /// Of integers: those from `first` up to `end`, which is none of them, are right for any data.
  std::int64_t first = 0, end = 0;
};

/// What a loss takes beside the judged output, the targets first: numbers in the output's own
/// shape, or classes, int64, in its shape without the class axis. Those of ctc are int64, too:
/// targets [N,S], "<target>_lengths" [N], "input_lengths" [N]. Throws Error for an unknown loss or
/// an output it cannot take.
std::vector<LossInput> loss_inputs(const LossSpec& spec, const Type& output);

/// Adds to a graph the inputs of a loss, in their order, and the loss of its output; a scalar. With
/// y the output, t the target:
///   cross_entropy: -log softmax(y)[t] along the class axis, with label smoothing s
///        (1 - s) times that and s times its mean over all t; nll: -y[t], y being log-probabilities
///   ctc: -log of the probability of all labellings of the steps that come down to t when
///        repetitions are merged and blanks dropped, y being log-probabilities [T,N,C]
///   mse: (y - t)^2; l1: |y - t|; huber: (y - t)^2 / 2 up to |y - t| = delta, a line beyond;
///        smooth_l1: that divided by delta
///   bce: -t log y - (1 - t) log(1 - y), logarithms bounded by -100; bce_with_logits: of sigmoid(y)
/// Reduction mean divides by the number of elements; for classes, by the weights of the targets
/// that are not ignored; that of ctc divides each sequence's loss by the length of its target and
/// takes the mean of those. Source: torch.nn.functional.
Value* add_loss(GraphBuilder& g, const LossSpec& spec);

/// Adds to a graph with the inputs of a loss whether any target counts, a truth value: targets that
/// are ignored and those of a class of weight 0 do not. Returns nullptr where each of them does.
Value* add_has_targets(GraphBuilder& g, const LossSpec& spec);

}  // namespace gatefold
