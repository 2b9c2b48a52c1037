#pragma once

#include <array>
#include <optional>

#include "ir/ops/recurrent.h"
#include "passes/recurrence/recurrent_cell.h"

namespace gatefold {

/// One step of an LSTM, its gates found by what they do: c' = f * c + i * g, h' = o * tanh (c').
/// The gates i and f may also read c through peepholes, o may read c'. From a zero state only
/// c' = i * g may be left.
struct LstmStep {
  std::array<Activation, 3> activations;  ///< f of the gates, g of the candidate, h of c'.
  Value* next_cell = nullptr;             ///< c'
  Value* cell = nullptr;                  ///< c; nullptr where it has vanished.
  LinearSum input_gate;
  LinearSum output_gate;
  std::optional<LinearSum> forget_gate;  ///< Vanishes with c.
  LinearSum candidate;
};

/// Reads the step whose result h' is `node`, a Mul; nothing, with the reason explained, when a part
/// of it has another form.
std::optional<LstmStep> read_lstm_step(const Node& node, const Rewriter& rewriter);

}  // namespace gatefold
