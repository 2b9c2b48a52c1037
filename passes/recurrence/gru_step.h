#pragma once

#include <array>
#include <optional>

#include "ir/ops/recurrent.h"
#include "passes/recurrence/recurrent_cell.h"

namespace gatefold {

/// One step of a GRU: h' = z * h + (1 - z) * n, where r resets h in n. From a zero state the terms
/// with h may have vanished.
struct GruStep {
  std::array<Activation, 2> activations;  ///< f of the gates, g of n.
  LinearSum update_gate;
  std::optional<LinearSum> reset_gate;  ///< Vanishes with h.
  LinearSum candidate_input;            ///< x's part of n, with all biases when r resets before.
  LinearSum candidate_state;            ///< h's part of n, to which r is applied.
  Value* hidden = nullptr;              ///< h; nullptr where it has vanished.
  bool resets_after = false;            ///< r multiplies h's product instead of h.
};

/// Reads the step whose result h' is `node`, an Add, a Sub or (from a zero state) a Mul;
/// nothing, with the reason explained, when a part of it has another form.
std::optional<GruStep> read_gru_step(const Node& node, const Rewriter& rewriter);

}  // namespace gatefold
