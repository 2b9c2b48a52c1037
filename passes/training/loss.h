#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// The loss that training minimizes.
struct LossSpec {
  std::string type;                ///< One of loss_names().
  std::string output = {};         ///< The graph output that it judges; empty: the first.
  std::string target = "target";   ///< Name of the array of targets.
  std::string reduction = "mean";  ///< "mean" or "sum" over all elements.
  std::int64_t class_axis = -1;    ///< For losses over classes.
  /// For cross_entropy and nll: a class whose targets do not count.
  std::optional<std::int64_t> ignore_index = -100;
  std::vector<double> class_weights = {};  ///< Weight of each class; empty: all equal.
  double label_smoothing = 0;  ///< For cross_entropy: share of a target given to all classes.
  double delta = 1;            ///< For huber and smooth_l1: where the square turns into a line.
  std::int64_t blank = 0;      ///< For ctc: the class that is not a label.
  std::int64_t time_axis = 0;  ///< For ctc: time axis of the judged output, 0 or 1.
  bool zero_infinity = false;  ///< For ctc: an infinite loss of a sequence counts as zero.
};

/// Returns cross_entropy, nll, ctc, mse, l1, huber, smooth_l1, bce, bce_with_logits.
std::vector<std::string_view> loss_names();

/// Returns the class whose targets do not count, if the loss is over classes and has one.
std::optional<std::int64_t> ignored_class(const LossSpec& spec);

/// An array that a loss takes beside the judged output.
struct LossInput {
  std::string name;
  Type type;
  /// For integers: numbers in [first, end) are valid for any data.
  std::int64_t first = 0, end = 0;
};

/// Returns what a loss takes beside the judged output, the targets first: numbers in the output's
/// own shape, or int64 classes in its shape without the class axis. For ctc, all int64: targets
/// [N,S], "<target>_lengths" [N], "input_lengths" [N]. Throws Error for an unknown loss and for an
/// output that it cannot take.
std::vector<LossInput> loss_inputs(const LossSpec& spec, const Type& output);

/// Adds the inputs of a loss to a graph, in their order, and the loss of its output, and returns
/// the loss, a scalar. With y the output, t the target:
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

/// Adds to a graph with the inputs of a loss whether any target counts, a truth value: ignored
/// targets and those of a class of weight 0 do not. Returns nullptr if every target counts.
Value* add_has_targets(GraphBuilder& g, const LossSpec& spec);

}  // namespace gatefold
