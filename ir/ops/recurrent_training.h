#pragma once

#include <string_view>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

/// LSTM, GRU and RNN in training: the forward operator with one more output, workspace, and the
/// backward step that reads it. workspace [D,T,N,S*H] has the steps in order of time in either
/// layout, zeros from a sequence's length on. A step's blocks of H numbers are the gates in the
/// operator's order: after their activations where RecurrentAttrs::is_standard, else their sums
/// before clip and activation. The block behind them, if there is one, holds
///   LSTM  C, the cell state after the step,
///   GRU   r * h, with linear_before_reset Rh h + Rbh (h before the step).
///
/// With attribute checkpoint_every = K the steps are computed again in the backward step, K at a
/// time: workspace then is [D,ceil(T/K),N,H], LSTM's cell states before steps 0, K, 2K, .. of each
/// sequence, counted in the order of the direction; GRU and RNN have none, as Y has all they need.
namespace gatefold {

/// What the training and gradient forms of an operator do not have in common with it.
struct RecurrentForm {
  std::string_view doc;
  EvaluateFn evaluate = nullptr;
};
/// The training form of `forward`: one more output, workspace.
OpDef recurrent_training(const OpDef& forward, const RecurrentKind& kind,
                         const RecurrentForm& form);
/// The gradient of `forward`. Inputs: those of `forward`, Y, workspace, dY, dY_h, LSTM also dY_c;
/// outputs: dX, dW, dR, dB, dinitial_h, LSTM also dinitial_c, dP, and dH [T,D,N,H] in either
/// layout: the gradient by h after each step along all its ways, dY of the step and through the
/// steps that follow; 0 from a sequence's length on. dH is for looking at, and computed by
/// `evaluate` alone.
OpDef recurrent_gradient(const OpDef& forward, const RecurrentKind& kind,
                         const RecurrentForm& form);

}  // namespace gatefold
