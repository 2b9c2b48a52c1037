#pragma once

#include <optional>
#include <vector>

#include "passes/recurrence/recurrent_step.h"

namespace gatefold {

/// A step that starts from zero: nothing is left of what it multiplies with its states.
struct FirstStep {
  /// In the order of the gates; none for the forget gate of an LSTM and for the reset gate of a GRU
  /// that nothing shows. Behind those of a GRU whose reset comes after the product: what it scales.
  std::vector<std::optional<LinearSum>> gates = {};
  std::vector<Activation> activations = {};
  std::optional<float> clip = {};
  std::optional<BiasTerm> peephole = {};  ///< Of the output gate.
};

/// Reads a step that makes `result`, which is h', and of an LSTM `next_cell`; nothing where these
/// are no results of one that starts from zero.
std::optional<FirstStep> find_first_step(Value& result, Value* next_cell, const RecurrentKind& kind,
                                         const PassContext& context);

}  // namespace gatefold
