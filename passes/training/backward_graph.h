#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/training/loss.h"
#include "passes/training/padding_rows.h"

namespace gatefold {

/// What to differentiate, and by which values.
struct BackwardQuestion {
  /// Without one the model's first floating-point output is differentiated itself.
  std::optional<LossSpec> loss = {};
  std::vector<std::string> parameters = {};
  std::vector<std::string> inputs = {};  ///< Floating-point inputs of the model.
  PaddingRows padding = {};              ///< Rows of parameters whose gradient is zero.
};

/// Builds a graph for reading and running by itself: the forward part as training prepares it, and
/// the gradients. Its inputs are those of the model and of the loss; parameters stay parameters.
/// Outputs: the loss, or the output that is differentiated under its own name, and then for each
/// parameter and input "<name>_grad", of its type. Without a loss, and unless the output y is known
/// to be one number, the gradient by y is an input, "<y>_grad", of y's type. Throws Error for an
/// unknown name, a row that a table lacks, a loss that does not fit, and for what cannot be
/// differentiated.
std::shared_ptr<Graph> build_backward_graph(const Graph& model, const BackwardQuestion& question);

}  // namespace gatefold
