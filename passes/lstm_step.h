#pragma once

#include <optional>

#include "passes/recurrent_cell.h"

namespace gatefold {

/// One step of an LSTM, its gates found by what they do: c' = f * c + i * g, h' = o * tanh (c').
/// From a zero state only c' = i * g may be left.
struct LstmStep {
  Value* next_cell = nullptr;  ///< c'
  Value* cell = nullptr;       ///< c; nullptr where it has vanished.
  LinearSum input_gate;
  LinearSum output_gate;
  std::optional<LinearSum> forget_gate;  ///< Vanishes with c.
  LinearSum candidate;
};

/// Reads the step whose result h' is `node`, a Mul; nothing, with the reason explained, when a part
/// of it has another form.
std::optional<LstmStep> read_lstm_step(const Node& node, const Rewriter& rewriter);

}  // namespace gatefold
