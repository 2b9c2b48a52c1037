#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "ir/ops/recurrent.h"
#include "passes/recurrence/linear_sum.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// One step of an LSTM, a GRU or a plain recurrence as a graph spells it.
struct RecurrentStep {
  /// A value that all gates multiply with weights: the terms of the gates, in their order.
  using Operand = std::vector<LinearTerm>;
  /// weights * cell state, in one gate.
  struct Peephole {
    View weights;
    double scale = 1;
    bool operator==(const Peephole&) const = default;
  };

  const RecurrentKind* kind = nullptr;
  Value* next_hidden = nullptr;
  Value* next_cell = nullptr;       ///< Of an LSTM.
  std::optional<View> cell = {};    ///< [N, H], of an LSTM.
  std::optional<View> hidden = {};  ///< [N, H] where the step reads it element by element.
  std::vector<Activation> activations = {};
  std::optional<float> clip = {};
  bool resets_after = false;  ///< Of a GRU.
  std::vector<LinearSum> gates =
      {};                     ///< In ONNX's order; last of the last one of a GRU is r * h R.
  LinearSum state_bias = {};  ///< Of a GRU: what is added to h R before the reset.
  std::array<std::optional<Peephole>, 3> peepholes = {};  ///< Of the gates i, o, f.
  std::vector<Operand> operands = {};                     ///< What the gates multiply.
  std::size_t state = 0;                                  ///< Which operand is h.

  std::int64_t size() const { return next_hidden->type().shape->back().size(); }
};

/// Finds the steps of all kinds in a graph, without those in its sub-graphs. Tells context.explain
/// of steps of `kind` what keeps them from being one, and notes a graph that has none of any kind.
std::vector<RecurrentStep> find_recurrent_steps(Graph& graph, const RecurrentKind& kind,
                                                PassContext& context);

}  // namespace gatefold
